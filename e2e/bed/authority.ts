// A certificate authority of the test's own, which stands for a public one: the server has a certificate of it, and the
// machines of all trust it, the server's (so that devices are told of `turns:`) and the people's.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVER_NAME } from './network.ts';
import type { Settings } from './server.ts';

/** The flag of NSS, whose certificates both browsers use, for an authority that is believed about servers. */
const BELIEVED = 'C,,';

export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'visavis-authority-'));
  readonly #certificate = join(this.#folder, 'authority.pem');
  /** The home of somebody whose Chromium believes it. */
  readonly home = join(this.#folder, 'home');

  constructor() {
    const key = join(this.#folder, 'authority.key');
    const self = ['-keyout', key, '-out', this.#certificate, '-subj', '/CN=Authority of the tests'];
    openssl([...self, '-addext', 'basicConstraints=critical,CA:TRUE']);
    const server = ['-keyout', this.#file('server.key'), '-out', this.#file('server.pem')];
    const extensions = [`subjectAltName=DNS:${SERVER_NAME}`, 'extendedKeyUsage=serverAuth'];
    openssl([
      ...[...server, '-subj', `/CN=${SERVER_NAME}`, '-CA', this.#certificate, '-CAkey', key],
      ...['basicConstraints=critical,CA:FALSE', ...extensions].flatMap((line) => ['-addext', line]),
    ]);
    this.convince(join(this.home, '.pki/nssdb'));
  }

  /** A server with a certificate of it, on every address, whose relay has the name that people use. */
  get settings(): Settings {
    return {
      https: {
        listen: '[::]:0',
        certificate: this.#file('server.pem'),
        key: this.#file('server.key'),
      },
      relay: { host: '' },
    };
  }

  /** A machine that believes it. */
  get environment(): NodeJS.ProcessEnv {
    return { SSL_CERT_FILE: this.#certificate };
  }

  /** Makes a folder of certificates, such as a Firefox's profile, in which it is believed. */
  convince(folder: string): void {
    mkdirSync(folder, { recursive: true });
    const at = ['-d', `sql:${folder}`];
    execFileSync('certutil', ['-N', ...at, '--empty-password']);
    execFileSync('certutil', ['-A', ...at, '-n', 'authority', '-t', BELIEVED, '-i', this.#certificate]);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}

/** Makes a key and a certificate. */
function openssl(words: readonly string[]): void {
  const always = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];
  execFileSync('openssl', ['req', '-x509', ...always, ...words], { stdio: 'pipe' });
}
