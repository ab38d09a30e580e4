/** People, devices, guest links and push in the HTTP API. */
import type {
  BlockList,
  Contact,
  ContactList,
  GuestInvitation,
  GuestLinkList,
  LoginList,
  MakeGuestLink,
  Me,
  NewGuestLink,
  Preferences,
  PushKey,
  PutContact,
  PutPush,
} from '@visavis/client';
import { type Answer, patch, post, put, read, remove } from './http.ts';

const at = (path: string, name: string): string => `${path}/${encodeURIComponent(name)}`;

/** Everybody this user knows. */
export const fetchContacts = (): Promise<Answer<ContactList>> => read('/api/contacts');
/** Adds somebody or changes what is given. */
export const putContact = (name: string, change: PutContact): Promise<Answer<Contact>> =>
  put(at('/api/contacts', name), change);
/** Forgets somebody. */
export const deleteContact = (name: string): Promise<Answer<unknown>> => remove(at('/api/contacts', name));

/** Everybody whose calls do not ring. */
export const fetchBlocks = (): Promise<Answer<BlockList>> => read('/api/blocks');
/** Blocks somebody. */
export const putBlock = (name: string): Promise<Answer<unknown>> => put(at('/api/blocks', name));
/** Lets somebody call again. */
export const deleteBlock = (name: string): Promise<Answer<unknown>> => remove(at('/api/blocks', name));

/** How this user wishes to be called. */
export const fetchPreferences = (): Promise<Answer<Preferences>> => read('/api/preferences');
/** The same, changed as a whole. */
export const putPreferences = (preferences: Preferences): Promise<Answer<Preferences>> =>
  put('/api/preferences', preferences);

/** Where this user is signed in. */
export const fetchLogins = (): Promise<Answer<LoginList>> => read('/api/devices');
/** Names a browser. */
export const renameLogin = (id: string, name: string): Promise<Answer<unknown>> =>
  patch(at('/api/devices', id), { name });
/** Signs a browser out. */
export const deleteLogin = (id: string): Promise<Answer<unknown>> => remove(at('/api/devices', id));
/** Signs out every browser but this one. */
export const deleteOtherLogins = (): Promise<Answer<unknown>> => remove('/api/devices');

/** The guest links of this user. */
export const fetchLinks = (): Promise<Answer<GuestLinkList>> => read('/api/links');
/** Makes a link; the answer is the only one that has its address. */
export const makeLink = (link: MakeGuestLink): Promise<Answer<NewGuestLink>> => post('/api/links', link);
/** Revokes a link. */
export const deleteLink = (id: string): Promise<Answer<unknown>> => remove(at('/api/links', id));
/** Whose link it is. */
export const checkGuestLink = (token: string): Promise<Answer<GuestInvitation>> =>
  post('/api/guest/check', { token });
/** Signs a guest in. */
export const enterAsGuest = (token: string, name: string): Promise<Answer<Me>> =>
  post('/api/guest', { token, name });

/** The server's key for the browser's push service. */
export const fetchPushKey = (): Promise<Answer<PushKey>> => read('/api/push/key');
/** Where calls of this browser are pushed to. */
export const putPush = (push: PutPush): Promise<Answer<unknown>> => put('/api/push', push);
/** Nothing is pushed any more. */
export const deletePush = (device: string): Promise<Answer<unknown>> => remove(at('/api/push', device));
