/** What is said beside the reason, once a call is over: loaded with the screen that shows it. */
import type { Diagnosis, EndReason, RelayState } from '@visavis/client';
import type { CallModel, Ended } from '../model/model.ts';
import type { Message } from './language.ts';

/** Why no path was found, and what helps. `relay`: what the server says of it. */
export function diagnosisMessage(
  { peer }: CallModel,
  { summary }: Ended,
  relay?: RelayState,
): Message | null {
  const { diagnosis } = summary;
  return diagnosis ? { key: keyOf(diagnosis, relay), params: { name: peer.name } } : null;
}

/** Whether only the server can tell whose fault it was. */
export function isForServer({ summary: { diagnosis } }: Ended): boolean {
  return diagnosis !== undefined && (isOfBoth(diagnosis) || diagnosis.code === 'relay-unreachable-there');
}

/** If neither has an address at the relay, it is hardly both networks. */
function isOfBoth({ code, there }: Diagnosis): boolean {
  return code === 'relay-unreachable-here' && !there.includes('relay');
}

function keyOf(diagnosis: Diagnosis, relay: RelayState | undefined): Message['key'] {
  const { code } = diagnosis;
  const ofBoth = isOfBoth(diagnosis);
  if (relay === 'full' && (ofBoth || code === 'relay-unreachable-there')) return 'diagnosis.relay-full';
  if (!ofBoth) return `diagnosis.${code}`;
  if (relay === 'failing') return 'diagnosis.relay-down';
  return relay === 'works' ? 'diagnosis.relay-blocked-both' : 'diagnosis.relay-unreachable-both';
}

/** Whether the call was worth nothing but a second try by this user. */
export function canCallAgain(reason: EndReason): boolean {
  return reason !== 'elsewhere' && reason !== 'not-found' && reason !== 'removed';
}
