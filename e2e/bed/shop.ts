// The example shop of `clients/web/embedding`.
import { Program } from './program.ts';

/** A shop at this port (0: the system chooses), whose help desk is called by this link of this server. */
export function startShop(port: number, server: string, link: string): Promise<Program> {
  return Program.start('embedding', { PORT: String(port), VISAVIS: server, LINK: link });
}
