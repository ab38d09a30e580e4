/** What the server says of its relay. */
import type { RelayState } from '@visavis/client';
import { useEffect, useState } from 'preact/hooks';
import { relayHealth } from '../api/relay.ts';

/** Undefined until the server has said it; asked only if it is `wanted`. */
export function useRelayState(wanted: boolean): RelayState | undefined {
  const [state, setState] = useState<RelayState>();
  useEffect(() => {
    let over = !wanted;
    setState(undefined);
    if (wanted) {
      void relayHealth().then((answer) => {
        if (!over && answer.type === 'ok') setState(answer.value.state);
      });
    }
    return () => {
      over = true;
    };
  }, [wanted]);
  return state;
}
