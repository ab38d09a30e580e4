/** Row 57: what the page says of a recording, and what it does with one. */
import type { Recording, RecordingEnd } from '@visavis/client';
import { expect, test } from 'vitest';
import type { Input } from '../src/model/message.ts';
import type { Model } from '../src/model/model.ts';
import { update } from '../src/model/update.ts';
import { fileName } from '../src/recording/record.ts';
import { learnCalls, say } from '../src/text/language.ts';
import { recordingMessage, recordingNote } from '../src/text/recording.ts';
import { announcements } from '../src/text/status.ts';
import { call, snapshot, stage } from './call-models.ts';

await learnCalls();

const active = { state: { type: 'active', since: 0, path: 'direct' } } as const;
const on = (by: 'me' | 'peer'): Recording => ({ type: 'on', by, since: 0 });
const over = (by: 'me' | 'peer', reason: RecordingEnd): Recording => ({ type: 'over', by, reason });
const asked = (by: 'me' | 'peer'): Recording => ({ type: 'asked', by, until: 30_000 });

test('for as long as a call is recorded it is said who does, on hold and without a path, too', () => {
  const said = (change: Parameters<typeof call>[0]) => {
    const message = recordingNote(call({ ...active, ...change }));
    return message && say(message);
  };
  expect([
    said({ recording: on('me') }),
    said({ recording: on('peer') }),
    said({ recording: on('peer'), held: { me: true, peer: false } }),
    said({ recording: on('me'), state: { type: 'recovering', since: 0, lostAt: 1, cause: 'network' } }),
    said({ recording: asked('peer') }),
    said({ recording: over('me', 'stopped') }),
  ]).toEqual(['You are recording', 'Bob is recording', 'Recording paused', 'Recording paused', null, null]);
});

test('what became of it is told to whoever did not do it', () => {
  const told = (by: 'me' | 'peer', reason: RecordingEnd, before: Recording = on(by)) => {
    const message = recordingMessage(before, call({ ...active, recording: over(by, reason) }));
    return message && say(message);
  };
  const both = (reason: RecordingEnd) => [told('me', reason), told('peer', reason)];
  expect(both('refused')).toEqual(['Bob does not want to be recorded.', null]);
  expect(both('unanswered')).toEqual(['Bob did not say whether you may record.', null]);
  expect(both('withdrawn')).toEqual([null, 'Bob no longer wants to record.']);
  expect(both('stopped')).toEqual([null, 'Bob has stopped the recording.']);
  expect(both('revoked')).toEqual(['Bob has stopped the recording.', null]);
  expect(both('left')).toEqual(['The recording has stopped.', 'The recording has stopped.']);
  expect(told('me', 'left', asked('me'))).toBeNull();
  expect(told('me', 'unsupported')).toBe('Bob’s app cannot ask them, so you cannot record.');
  expect(told('me', 'unreachable')).toBe('Bob cannot be asked right now. Try again in a moment.');
});

test('the same end is told once', () => {
  const ended = over('me', 'refused');
  const shows = (recording: Recording): Input => ({
    type: 'call',
    call: snapshot({ ...active, recording }),
    now: 0,
  });
  let model: Model = stage(call({ ...active, recording: asked('me') }));
  for (const recording of [ended, ended]) [model] = update(model, shows(recording));
  expect(model.toast).toMatchObject({ id: 1, message: { key: 'toast.recording.refused' }, calm: true });
});

test('a screen reader says the question, and that it is recorded', () => {
  const keys = (recording: Recording) =>
    announcements(stage(call({ ...active, recording })), 0).map(({ key }) => key);
  expect(keys(asked('peer'))).toContain('call.record.asked');
  expect(keys(on('peer'))).toContain('call.recording.peer');
});

test('the question is for a call that was answered', () => {
  const outputs = (model: Model) => update(model, { type: 'record', wish: 'ask' })[1];
  expect(outputs(stage(call(active)))).toEqual([{ type: 'record-call', serial: 1, wish: 'ask' }]);
  expect(outputs(stage(call()))).toEqual([]);
});

test('what was recorded is offered again, and what a page has left is offered', () => {
  const toast = (input: Input) => update(stage(null), input)[0].toast;
  const save = { type: 'save-recording', id: 'r1' };
  expect(toast({ type: 'recording-saved', id: 'r1' })).toMatchObject({
    message: { key: 'toast.recording.saved' },
    calm: true,
    action: { input: save },
  });
  expect(toast({ type: 'recording-saved', id: 'r1', problem: 'full' })?.message.key).toBe(
    'toast.recording.full',
  );
  expect(toast({ type: 'recording-left', id: 'r1', peer: 'Bob' })).toMatchObject({
    message: { key: 'toast.recording.left', params: { name: 'Bob' } },
    action: { key: 'toast.recording.save', input: save },
  });
  expect(update(stage(null), { type: 'save-recording', id: 'r1' })[1]).toEqual([save]);
});

test('a file is named by the time and whom one talked to', () => {
  const at = new Date(2026, 10, 8, 9, 5);
  expect(fileName('Bob', at, 'video/webm;codecs=vp8,opus')).toBe('2026-11-08 09.05 Bob.webm');
  expect(fileName('林晓雯 a/b:c', at, 'video/mp4')).toBe('2026-11-08 09.05 林晓雯 a b c.mp4');
});
