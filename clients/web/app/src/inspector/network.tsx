/** Which way media takes, and what else was tried. */
import type { CallReport, PairReport, PeerReport } from '@visavis/client/inspect';
import { INSPECTOR, type InspectorKey, i } from '../text/inspector.ts';
import { candidateText, pathOf, sortedPeers, tlsName } from './words.ts';

export function Network({ report }: { readonly report: CallReport }) {
  const peers = sortedPeers(report);
  if (peers.length === 0) return <p class="report-lead">{i('network.none')}</p>;
  return (
    <>
      {peers.map((peer) => (
        <Peer
          key={report.peers.indexOf(peer)}
          peer={peer}
          number={report.peers.indexOf(peer) + 1}
          alone={peers.length === 1}
        />
      ))}
    </>
  );
}

interface PeerProps {
  readonly peer: PeerReport;
  readonly number: number;
  /** There is no other, so it needs no heading. */
  readonly alone: boolean;
}

function Peer({ peer, number, alone }: PeerProps) {
  const keys = [peer.tls && tlsName(peer.tls), peer.cipher, peer.srtp && `SRTP ${peer.srtp}`].filter(Boolean);
  return (
    <section class="report-section">
      {!alone && (
        <h3>
          {i('network.connection', { number })}
          {!peer.used && <small> {i('network.unused')}</small>}
        </h3>
      )}
      <p class="report-route" data-testid="route">
        {routeOf(peer)}
      </p>
      {keys.length > 0 && (
        <p class="report-fact">
          <b>{i('network.keys')}</b> {keys.join(' · ')}
        </p>
      )}
      {peer.pairs.length > 0 && (
        <>
          <h3>{i('network.pairs')}</h3>
          <p class="report-lead">{i('network.pairs.lead')}</p>
          <ul class="pairs">
            {[...peer.pairs].sort(byWorth(peer)).map((pair) => (
              <Pair key={pair.id} pair={pair} peer={peer} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function routeOf(peer: PeerReport): string {
  const path = pathOf(peer);
  if (!path) return i('network.no-pair');
  const { local, remote } = path;
  if (local?.type !== 'relay' && remote?.type !== 'relay') return i('network.direct');
  return i('network.relayed', { way: (local?.relayProtocol ?? 'udp').toUpperCase() });
}

/** The one that carries the call first, then those that work, then the others. */
function byWorth({ selected }: PeerReport): (one: PairReport, other: PairReport) => number {
  const states = ['succeeded', 'in-progress', 'waiting', 'frozen', 'failed'];
  const rank = ({ id, state }: PairReport) => (id === selected ? -1 : (states.indexOf(state) + 6) % 6);
  return (one, other) => rank(one) - rank(other);
}

function Pair({ pair, peer }: { readonly pair: PairReport; readonly peer: PeerReport }) {
  const find = (id: string) =>
    candidateText(peer.candidates.find((candidate) => candidate.id === id)) ?? i('pair.unknown');
  const selected = pair.id === peer.selected;
  const { requests, responses, rttMs } = pair;
  return (
    <li class="pair" data-state={pair.state} data-selected={selected}>
      <p class="pair-state">
        <b>{selected ? i('pair.selected') : stateText(pair.state)}</b>
        {rttMs !== undefined && <span>{i('pair.rtt', { ms: Math.round(rttMs * 10) / 10 })}</span>}
      </p>
      <dl class="pair-ends">
        <dt>{i('pair.local')}</dt>
        <dd>
          <code>{find(pair.local)}</code>
        </dd>
        <dt>{i('pair.remote')}</dt>
        <dd>
          <code>{find(pair.remote)}</code>
        </dd>
      </dl>
      {requests !== undefined && responses !== undefined && (
        <p class="report-fact">{i('pair.checks', { requests, responses })}</p>
      )}
    </li>
  );
}

/** One that this app does not know is shown as the browser wrote it. */
function stateText(state: string): string {
  const key = `pair.state.${state}`;
  return key in INSPECTOR.en ? i(key as InspectorKey) : state;
}
