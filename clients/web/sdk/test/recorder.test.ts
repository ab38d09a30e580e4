import { expect, it } from 'vitest';

import type { Call, Recording } from '../src/public.ts';
import { recordCall } from '../src/recorder.ts';

const of = (recording: Recording, type = 'active') =>
  ({ recording: { value: recording }, state: { value: { type } } }) as unknown as Call;

it('a recorder does not begin as long as the other person has not agreed that we record', () => {
  const refused: [Recording, string?][] = [
    [{ type: 'none' }],
    [{ type: 'asked', by: 'me', until: 1 }],
    [{ type: 'on', by: 'peer', since: 1 }],
    [{ type: 'over', by: 'me', reason: 'refused' }],
    [{ type: 'on', by: 'me', since: 1 }, 'ended'],
  ];
  for (const [recording, state] of refused) {
    expect(() => recordCall(of(recording, state)), JSON.stringify(recording)).toThrow(
      expect.objectContaining({ code: 'wrong-state' }),
    );
  }
});
