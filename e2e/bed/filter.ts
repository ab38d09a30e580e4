// A packet filter inside the test's own network namespace: what is dropped here is dropped nowhere else.
import { execFileSync } from 'node:child_process';

/**
 * Drops UDP packets that arrive until the returned function is called: all of them, or `percent` at random.
 * On the way in, because a packet dropped on the way out is an error that the sender sees.
 */
export function dropUdp(percent = 100): () => void {
  const nft = (rule: string): Buffer => execFileSync('nft', ['-f', '-'], { input: `${rule}\n` });
  nft('add table inet bed\nadd chain inet bed input { type filter hook input priority 0; }');
  const some = percent < 100 ? `numgen random mod 100 < ${percent}` : '';
  nft(`add rule inet bed input meta l4proto udp ${some} drop`);
  return () => nft('delete table inet bed');
}
