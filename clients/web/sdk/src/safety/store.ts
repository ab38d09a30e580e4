/**
 * What this browser keeps: the key of this device for each of its users, and the keys of devices whose emoji a user has
 * compared, with the name that was shown. No server sees either, so none can say that somebody is verified.
 */
import type { UserId } from '../public.ts';
import type { Bytes } from './bytes.ts';
import type { DeviceKey } from './exchange.ts';

const NAME = 'visavis-safety';
const DEVICE_KEYS = 'device-keys';
const VERIFIED = 'verified';
/** Devices of one person; the one verified first gives way. */
const KEYS_PER_PERSON = 32;

/** The key of this device, made at the first call. Undefined where the browser cannot make or keep one. */
export async function deviceKey(me: UserId): Promise<DeviceKey | undefined> {
  try {
    const pair = (await read<CryptoKeyPair>(DEVICE_KEYS, me)) ?? (await makeKey(me));
    const publicKey: Bytes = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    const sign = async (data: Bytes) =>
      new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, data));
    return { publicKey, sign };
  } catch {
    return undefined;
  }
}

/** Not extractable: a script of the page may use it, but not carry it off. */
async function makeKey(me: UserId): Promise<CryptoKeyPair> {
  const made = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  return change<CryptoKeyPair>(DEVICE_KEYS, me, (present) => present ?? (made as CryptoKeyPair));
}

/** The key of a device, in base64url, and the name that was shown beside the emoji. */
export interface Kept {
  readonly key: string;
  readonly name: string;
}

/** A person whom this user has verified, and the names that were shown then. */
export interface VerifiedPerson {
  readonly id: UserId;
  readonly names: readonly string[];
}

/** What is kept of a person's devices that were verified here; nothing where nothing can be kept. */
export async function verifiedKeys(me: UserId, person: UserId): Promise<readonly Kept[]> {
  return (await read<Kept[]>(VERIFIED, [me, person]).catch(() => undefined)) ?? [];
}

/** Keeps one, under its newest name alone. Rejects where nothing can be kept. */
export async function keepVerified(me: UserId, person: UserId, one: Kept): Promise<void> {
  await change<Kept[]>(VERIFIED, [me, person], (kept = []) =>
    [...kept.filter(({ key }) => key !== one.key), one].slice(-KEYS_PER_PERSON),
  );
}

/** The people whom this user has verified in this browser; none where nothing can be kept. */
export async function verifiedPeople(me: UserId): Promise<readonly VerifiedPerson[]> {
  try {
    const mine = IDBKeyRange.bound([me], [me, []]);
    const [people, kept] = await inStore(VERIFIED, 'readonly', (store) =>
      Promise.all([done(store.getAllKeys(mine)), done<Kept[][]>(store.getAll(mine))]),
    );
    return people.flatMap((person, index) => {
      const names = (kept[index] ?? []).map(({ name }) => name);
      return Array.isArray(person) && typeof person[1] === 'string' ? [{ id: person[1], names }] : [];
    });
  } catch {
    return [];
  }
}

/** As if a person had never been verified here: their next call asks for the emoji again. */
export async function forgetVerified(me: UserId, person: UserId): Promise<void> {
  await inStore(VERIFIED, 'readwrite', (store) => done(store.delete([me, person])));
}

function read<T>(store: string, key: IDBValidKey): Promise<T | undefined> {
  return inStore(store, 'readonly', (kept) => done<T | undefined>(kept.get(key)));
}

/** Several tabs may do it at once: what is read and written is one transaction. */
function change<T>(name: string, key: IDBValidKey, make: (present: T | undefined) => T): Promise<T> {
  return inStore(name, 'readwrite', async (store) => {
    const next = make(await done<T | undefined>(store.get(key)));
    await done(store.put(next, key));
    return next;
  });
}

async function inStore<T>(
  name: string,
  mode: IDBTransactionMode,
  run: (store: IDBObjectStore) => Promise<T>,
): Promise<T> {
  const database = await open();
  try {
    return await run(database.transaction(name, mode).objectStore(name));
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.addEventListener('upgradeneeded', () => {
    for (const name of [DEVICE_KEYS, VERIFIED]) request.result.createObjectStore(name);
  });
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
}
