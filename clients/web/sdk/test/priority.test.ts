import { expect, it } from 'vitest';
import { withPriority } from '../src/media/priority.ts';

it('their host candidates are preferred just less than where a check of theirs comes from, and all others as they say', () => {
  const candidate = (priority: number, rest: string) => `candidate:842163049 1 udp ${priority} ${rest}`;
  const host = '10.77.1.3 44680 typ host generation 0 ufrag 4Rp3';
  const reflexive = '192.0.2.7 44680 typ srflx raddr 0.0.0.0 rport 0';
  const relay = '192.0.2.1 57767 typ relay raddr 0.0.0.0 rport 0';
  // As Chromium tells them on a device with two networks.
  expect(withPriority(candidate(2_122_260_223, host))).toBe(candidate(1_837_047_551, host));
  expect(withPriority(candidate(2_122_194_687, host))).toBe(candidate(1_836_982_015, host));
  expect(withPriority(candidate(1_686_052_607, reflexive))).toBe(candidate(1_686_052_607, reflexive));
  expect(withPriority(candidate(58_663_167, relay))).toBe(candidate(58_663_167, relay));

  const description = (priority: number) =>
    ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', `a=${candidate(priority, host)}`, 'a=mid:0', ''].join('\r\n');
  expect(withPriority(description(2_122_260_223))).toBe(description(1_837_047_551));
});
