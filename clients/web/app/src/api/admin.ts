/** What administrators ask of the HTTP API. */
import type {
  AddUser,
  AdminCallList,
  AdminFailureList,
  AdminLinkList,
  AdminRelay,
  AdminUser,
  AdminUserList,
  ChangeUser,
  LoginList,
  NewSignUpLink,
} from '@visavis/client';
import { type Answer, patch, post, read, remove } from './http.ts';

/** Everything that can be asked; stories answer it themselves. */
export interface AdminApi {
  users(search: string, after: string | null): Promise<Answer<AdminUserList>>;
  addUser(name: string): Promise<Answer<NewSignUpLink>>;
  changeUser(name: string, change: ChangeUser): Promise<Answer<AdminUser>>;
  removeUser(name: string): Promise<Answer<unknown>>;
  makeLink(name: string): Promise<Answer<NewSignUpLink>>;
  devices(name: string): Promise<Answer<LoginList>>;
  /** Signs a browser out; null: all of them. */
  signOut(name: string, id: string | null): Promise<Answer<unknown>>;
  links(limit: number): Promise<Answer<AdminLinkList>>;
  revokeLink(owner: string, id: string): Promise<Answer<unknown>>;
  calls(limit: number): Promise<Answer<AdminCallList>>;
  endCall(id: string): Promise<Answer<unknown>>;
  failures(limit: number): Promise<Answer<AdminFailureList>>;
  relay(): Promise<Answer<AdminRelay>>;
  testRelay(): Promise<Answer<AdminRelay>>;
}

const at = (name: string, ...rest: readonly string[]): string =>
  ['/api/admin/users', name, ...rest]
    .map((part, nth) => (nth === 0 ? part : encodeURIComponent(part)))
    .join('/');

/** The server's answers. */
export const adminApi: AdminApi = {
  users: (search, after) => {
    const query = new URLSearchParams({ search, ...(after === null ? {} : { after }) });
    return read(`/api/admin/users?${query}`);
  },
  addUser: (name) => post('/api/admin/users', { name } satisfies AddUser),
  changeUser: (name, change) => patch(at(name), change),
  removeUser: (name) => remove(at(name)),
  makeLink: (name) => post(at(name, 'link')),
  devices: (name) => read(at(name, 'devices')),
  signOut: (name, id) => remove(id === null ? at(name, 'devices') : at(name, 'devices', id)),
  links: (limit) => read(`/api/admin/links?limit=${limit}`),
  revokeLink: (owner, id) => remove(at(owner, 'links', id)),
  calls: (limit) => read(`/api/admin/calls?limit=${limit}`),
  endCall: (id) => remove(`/api/admin/calls/${encodeURIComponent(id)}`),
  failures: (limit) => read(`/api/admin/failures?limit=${limit}`),
  relay: () => read('/api/admin/relay'),
  testRelay: () => post('/api/admin/relay/self-test'),
};
