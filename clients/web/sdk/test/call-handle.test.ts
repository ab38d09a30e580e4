import { expect, it } from 'vitest';

import { CallHandle } from '../src/call-handle.ts';
import { blank } from '../src/core/record.ts';
import type { CallRecord } from '../src/core/state.ts';
import { CALL } from './desk.ts';
import { FakeMedia, NO_WITNESS } from './fake-media.ts';

const MEDIA = new Proxy({} as ConstructorParameters<typeof FakeMedia>[0], { get: () => () => undefined });

it('whoever is told of one change of a call sees every other that came with it', () => {
  const bob = { id: 'bob', name: 'Bob', lost: false, contact: false };
  const talking: CallRecord = {
    ...blank(CALL, 0),
    peer: bob,
    state: { type: 'active', since: 0, path: 'direct' },
    recording: { type: 'on', by: 'me', since: 0 },
    held: true,
  };
  const handle = new CallHandle(talking, new FakeMedia(MEDIA), {
    accept: () => undefined,
    hangup: () => undefined,
    hold: () => undefined,
    transfer: () => undefined,
    record: () => undefined,
    inspect: NO_WITNESS.inspect,
  });
  handle.show({ ...talking });
  const seen: string[] = [];
  for (const source of [handle.state, handle.peer, handle.recording, handle.held]) {
    source.subscribe(() => {
      const { state, peer, recording, held } = handle;
      seen.push(`${state.value.type} ${peer.value.id} ${recording.value.type} ${held.value.me}`);
    });
  }
  seen.length = 0;
  const carol = { ...bob, id: 'carol', name: 'Carol' };
  const { recording } = blank(CALL, 0);
  handle.show({ ...talking, peer: carol, state: { type: 'dialing' }, recording, held: false });
  expect(seen).toEqual(Array(4).fill('dialing carol none false'));
});
