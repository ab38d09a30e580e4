/**
 * The life of calls: all that the store needs of one that the server knows. A page fetches it, with what makes peer
 * connections, after what connects it, so that it need not wait for this to appear; see `lifeOf` in `turn.ts`.
 */
import { accept, alerting, refused, ringAgain, takeHere } from './answer.ts';
import { hangup } from './call.ts';
import { control } from './control.ts';
import { forgetElsewhere } from './elsewhere.ts';
import { merge } from './glare.ts';
import { open, probe } from './link.ts';
import * as path from './path.ts';
import { record } from './recording.ts';
import * as recovery from './recovery.ts';
import { comeBack, leave, remembered } from './resume.ts';
import type { CallRecord, Input, PeerKey } from './state.ts';
import { transfer } from './transfer.ts';
import { change, type Turn } from './turn.ts';
import { applyView } from './view.ts';

type AboutCall = Exclude<
  Extract<Input, { call: string }>,
  { type: 'dial' | 'take' | 'hangup' | 'hold' | 'sending' }
>;

function about(turn: Turn, call: CallRecord, input: AboutCall): void {
  switch (input.type) {
    case 'alerting':
      return alerting(turn, call);
    case 'accept':
      return accept(turn, call, input.choice);
    case 'transfer':
      return transfer(turn, call, input.to);
    case 'record':
      return record(turn, call, input.wish);
    case 'described':
      return path.described(turn, call, input.key, input.description);
    case 'gathered':
      return path.gathered(turn, call, input.key, input.candidates);
    default:
      // One that lingers beside the call's own, or was made for another device, changes nothing.
      if (input.key === call.key) ofItsPath(turn, call, input);
      return;
  }
}

type OfPath = Exclude<Extract<AboutCall, { key: PeerKey }>, { type: 'described' | 'gathered' }>;

function ofItsPath(turn: Turn, call: CallRecord, input: OfPath): void {
  // Before the answer a path is only tried.
  if (!call.confirmed && input.type !== 'tried') return;
  switch (input.type) {
    case 'connected':
      path.connected(turn, call, input.path);
      // The network is back: then the server is worth a try, too.
      if (call.state.type === 'recovering' && turn.state.link.type === 'waiting') open(turn);
      return;
    case 'suspect':
      return probe(turn);
    case 'flowing':
      return change(turn, call.id, { flowedAt: turn.now });
    case 'interrupted':
      probe(turn);
      return recovery.interrupted(turn, call, input.cause);
    case 'deaf':
      return recovery.deaf(turn, call, input.who);
    case 'control':
      return control(turn, call, input.message);
    case 'tried':
      return change(turn, call.id, { tried: input.evidence });
    case 'broken': {
      const show = input.reason === 'media_failed' ? 'media-failed' : 'incompatible-media';
      return hangup(turn, call, { say: input.reason, show });
    }
  }
}

/** What the store may ask of it. */
export const life = {
  about,
  applyView,
  comeBack,
  diagnosis: recovery.diagnosis,
  forgetElsewhere,
  interrupted: recovery.interrupted,
  leave,
  merge,
  networkChanged: recovery.networkChanged,
  payload: path.payload,
  refused,
  remembered,
  restartDue: recovery.restartDue,
  restartPaths: recovery.restartPaths,
  ringAgain,
  takeHere,
  tellSending: path.tellSending,
};

/** Its shape. */
export type Life = typeof life;
