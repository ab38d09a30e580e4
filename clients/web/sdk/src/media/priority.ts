/**
 * How much their candidates are preferred here. RFC 8445 §5.1.2.2 lets an address at which somebody was told to be (host, 126)
 * win over one from which their check came (peer-reflexive, 110). After a change of address the first is the dead one, and
 * the check from the new one is here before the message that names it. Chromium and Safari believe in the dead path for
 * 2.5 s after its last packet and look at nothing less preferred meanwhile: with a host just below, they follow at once.
 */
const BELOW_REFLEXIVE = 109;

const PRIORITY = /\b(candidate:\S+ \d+ \S+ )(\d+)/g;

/** The same candidates, in a description or alone. */
export function withPriority(text: string): string {
  return text.replace(PRIORITY, (_, before: string, priority: string) => before + limited(Number(priority)));
}

/** The kind of a candidate is in the highest byte (RFC 8445 §5.1.2.1). */
function limited(priority: number): number {
  return priority >>> 24 <= BELOW_REFLEXIVE ? priority : BELOW_REFLEXIVE * 2 ** 24 + (priority & 0xff_ff_ff);
}
