/**
 * Recordings on this browser's disk, part by part, so that they take no memory and outlive their page. They belong to who
 * recorded them, and wait here until they were saved; no server ever has them.
 */

/** Those that nobody has saved are kept this long. */
const KEPT_MS = 7 * 24 * 3600 * 1000;
const DATABASE = 'visavis-recordings';

/** A recording, whole or not. */
export interface KeptRecording {
  readonly id: string;
  /** Who recorded it. */
  readonly user: string;
  /** With whom. */
  readonly peer: string;
  readonly startedAt: number;
  readonly type: string;
  /** It was given to its user, who may ask for it once more in this page. */
  readonly saved: boolean;
}

interface Part {
  readonly recording: string;
  readonly blob: Blob;
}

/** Notes that a recording begins. */
export function begin(recording: KeptRecording): Promise<void> {
  return change(['recordings'], (of) => of('recordings').put(recording));
}

/** Keeps its next part. */
export function append(recording: string, blob: Blob): Promise<void> {
  return change(['parts'], (of) => of('parts').add({ recording, blob } satisfies Part));
}

/** Notes that it was given to its user. */
export async function setSaved(id: string): Promise<void> {
  const recording = await find(id);
  if (recording) await begin({ ...recording, saved: true });
}

/** What was kept of it, as one. It stays on the disk. */
export async function read(
  id: string,
): Promise<{ readonly recording: KeptRecording; readonly file: Blob } | null> {
  const recording = await find(id);
  if (!recording) return null;
  const parts = await ask<Part[]>('parts', (store) => store.index('recording').getAll(id));
  return {
    recording,
    file: new Blob(
      parts.map(({ blob }) => blob),
      { type: recording.type },
    ),
  };
}

/** Those of somebody that no page is writing, and that were not saved. Removes those that were, or are too old. */
export async function left(user: string, now: number): Promise<readonly KeptRecording[]> {
  const all = await ask<KeptRecording[]>('recordings', (store) => store.getAll());
  const waiting: KeptRecording[] = [];
  for (const recording of all) {
    if (await isBeingWritten(recording.id)) continue;
    if (recording.saved || now - recording.startedAt > KEPT_MS) await remove(recording.id);
    else if (recording.user === user) waiting.push(recording);
  }
  return waiting;
}

/** Holds it for the page that writes it, until `done`. */
export function hold(id: string, done: Promise<unknown>): void {
  void navigator.locks?.request(lockOf(id), () => done.then(() => undefined));
}

async function isBeingWritten(id: string): Promise<boolean> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some(({ name }) => name === lockOf(id));
}

function lockOf(id: string): string {
  return `visavis-recording-${id}`;
}

function remove(id: string): Promise<void> {
  return change(['recordings', 'parts'], (of) => {
    of('recordings').delete(id);
    const cursor = of('parts').index('recording').openKeyCursor(id);
    cursor.onsuccess = () => {
      if (!cursor.result) return;
      of('parts').delete(cursor.result.primaryKey);
      cursor.result.continue();
    };
  });
}

function find(id: string): Promise<KeptRecording | undefined> {
  return ask('recordings', (store) => store.get(id));
}

type Store = 'recordings' | 'parts';

async function change(
  stores: readonly Store[],
  work: (of: (store: Store) => IDBObjectStore) => void,
): Promise<void> {
  const database = await open();
  try {
    const transaction = database.transaction(stores, 'readwrite');
    work((store) => transaction.objectStore(store));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

async function ask<T>(store: Store, question: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    return await answer(question(database.transaction(store).objectStore(store)));
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('recordings', { keyPath: 'id' });
    request.result.createObjectStore('parts', { autoIncrement: true }).createIndex('recording', 'recording');
  };
  return answer(request);
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
