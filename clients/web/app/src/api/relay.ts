/** Whether the relay works, says the server. */
import type { RelayHealth } from '@visavis/client';
import { type Answer, read } from './http.ts';

/** A device alone cannot tell a relay that is down from a network that blocks it. */
export const relayHealth = (): Promise<Answer<RelayHealth>> => read('/api/relay');
