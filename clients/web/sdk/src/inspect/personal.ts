/** A report without what tells people: names, addresses, fingerprints. Equal addresses stay recognisable as equal. */
import type { CallReport, CandidateReport, Description } from './report.ts';

export function withoutPersonal(report: CallReport): CallReport {
  const names = new Names();
  const { peer: _, ...call } = report.call;
  return {
    ...report,
    personal: false,
    call,
    peers: report.peers.map((peer) => ({
      ...peer,
      candidates: peer.candidates.map((candidate) => hidden(candidate, names)),
      descriptions: peer.descriptions.map((one) => ({ ...one, sdp: hiddenSdp(one, names) })),
    })),
  };
}

/** What stands for an address: what kind it is, and which of them. */
class Names {
  readonly #known = new Map<string, string>();

  of(address: string): string {
    if (isNobody(address)) return address;
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const name = `${kindOf(address)}-${this.#known.size + 1}`;
    this.#known.set(address, name);
    return name;
  }
}

function hidden({ address, url: _, ...rest }: CandidateReport, names: Names): CandidateReport {
  return { ...rest, ...(address === undefined ? {} : { address: names.of(address) }) };
}

function hiddenSdp({ sdp }: Description, names: Names): string {
  return sdp
    .split('\n')
    .map((line) => hiddenLine(line, names))
    .join('\n');
}

function hiddenLine(line: string, names: Names): string {
  if (line.startsWith('a=candidate:')) {
    // RFC 8839 §5.1: foundation, component, transport, priority, address, port; behind them `raddr` and another.
    const words = line.split(' ');
    return words
      .map((word, index) => (index === 4 || words[index - 1] === 'raddr' ? names.of(word) : word))
      .join(' ');
  }
  if (line.startsWith('a=fingerprint:')) return line.replace(/ [0-9A-Fa-f:]+/, ' (left out)');
  // RFC 8866 §5.7: in `c=`, `o=` and `a=rtcp:` an address stands behind its kind.
  return line.replace(/\b(IN IP[46]) ([^\s/]+)/, (_, kind, address) => `${kind} ${names.of(address)}`);
}

/** Says nothing about anybody. */
function isNobody(address: string): boolean {
  return address === '0.0.0.0' || address === '::' || address === '127.0.0.1' || address === '::1';
}

function kindOf(address: string): string {
  if (address.endsWith('.local')) return 'mdns';
  if (address.includes(':')) return /^f[cde]/i.test(address) ? 'ipv6-private' : 'ipv6-public';
  // RFC 1918, RFC 6598, RFC 3927.
  const isPrivate =
    /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.)/;
  if (/^\d+(\.\d+){3}$/.test(address)) return isPrivate.test(address) ? 'ipv4-private' : 'ipv4-public';
  return 'name';
}
