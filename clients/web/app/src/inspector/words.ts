/** Figures and addresses of a report as people read them. */
import type { CallReport, CandidateReport, PeerReport } from '@visavis/client/inspect';

/** `0.345 s`, from a minute on `1:05.2`. */
export function sinceBegin(ms: number): string {
  if (ms < 60_000) return `${(ms / 1_000).toFixed(3)} s`;
  const tenths = Math.floor(ms / 100);
  const minutes = Math.floor(tenths / 600);
  const seconds = ((tenths % 600) / 10).toFixed(1).padStart(4, '0');
  return `${minutes}:${seconds}`;
}

/** `host udp 192.0.2.7:50000`. */
export function candidateText(candidate: CandidateReport | undefined): string | undefined {
  if (!candidate) return undefined;
  const { type, protocol, relayProtocol, address, port } = candidate;
  const host = address?.includes(':') ? `[${address}]` : address;
  const where = host === undefined ? undefined : port === undefined ? host : `${host}:${port}`;
  return [type, relayProtocol ?? protocol, where].filter(Boolean).join(' ');
}

/** Those that carried the call first, then the newest first. */
export function sortedPeers({ peers }: CallReport): readonly PeerReport[] {
  return [...peers].reverse().sort((one, other) => Number(other.used) - Number(one.used));
}

/** The addresses at both ends of the path that carries the call, if there is one. */
export function pathOf({ pairs, candidates, selected }: PeerReport) {
  const pair = pairs.find(({ id }) => id === selected);
  if (!pair) return undefined;
  const find = (id: string) => candidates.find((candidate) => candidate.id === id);
  return { pair, local: find(pair.local), remote: find(pair.remote) };
}

/** As in RFC 8446 §4.1.2 and 9147 §5.3: browsers tell the number of the version. */
export function tlsName(version: string): string {
  const names: Readonly<Record<string, string>> = { FEFF: 'DTLS 1.0', FEFD: 'DTLS 1.2', FEFC: 'DTLS 1.3' };
  return names[version.toUpperCase()] ?? version;
}
