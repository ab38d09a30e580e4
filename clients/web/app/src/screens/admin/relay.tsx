/** How the relay stands: what it does, its test of itself, and from where it is reached. */
import type { AdminRelay, RelayCounts, RelayNetwork, RelayReach, RelayTest, RelayWay } from '@visavis/client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { a } from '../../text/admin.ts';
import { language } from '../../text/language.ts';
import { ago, Loaded, type News, NewsLine, notDone, useAdminApi, useAsked } from './parts.tsx';

/** Counters are looked at this often. */
const LOOK_MS = 10_000;
/** And this often while a test is under way. */
const TESTING_LOOK_MS = 1000;

/** From what it does to what keeps it from it. */
export function Relay() {
  const api = useAdminApi();
  const asked = useAsked<AdminRelay>(
    useCallback(() => api.relay(), [api]),
    LOOK_MS,
  );
  const { value, reload } = asked;
  useEffect(() => {
    if (!value?.testing) return;
    const timer = setTimeout(reload, TESTING_LOOK_MS);
    return () => clearTimeout(timer);
  }, [value, reload]);
  const [asking, setAsking] = useState(false);
  const [news, setNews] = useState<News | null>(null);
  const test = async () => {
    setAsking(true);
    const answer = await api.testRelay();
    setAsking(false);
    if (answer.type === 'ok') {
      asked.set(answer.value);
      // Else an answer that was under way and knows nothing of the test would come last.
      asked.reload();
    }
    setNews(answer.type === 'ok' ? null : notDone(answer));
  };
  return (
    <Loaded asked={asked}>
      {({ relay, test: tested, testing, networks }) => (
        <>
          {relay ? <Counts relay={relay} /> : <p class="section-hint">{a('relay.none')}</p>}
          {/* The server tests whatever there is when it starts: where nothing is known, there is nothing. */}
          {(relay || tested || testing) && (
            <>
              <h2 class="section-title">{a(relay ? 'relay.test' : 'relay.test.others')}</h2>
              <NewsLine news={news} />
              {tested ? <Ways test={tested} /> : <p class="section-hint">{a('relay.untested')}</p>}
              <button
                type="button"
                class="button button-primary"
                disabled={asking || testing}
                onClick={() => void test()}
                data-testid="admin-test"
              >
                <span aria-live="polite">{a(asking || testing ? 'relay.testing' : 'relay.test.now')}</span>
              </button>
            </>
          )}
          <h2 class="section-title">{a('relay.networks')}</h2>
          <Networks networks={networks} />
        </>
      )}
    </Loaded>
  );
}

function Counts({ relay }: { readonly relay: RelayCounts }) {
  const number = new Intl.NumberFormat(language.value);
  const facts = [
    [a('relay.allocations'), number.format(relay.allocations)],
    [a('relay.opened'), number.format(relay.allocations_opened)],
    [a('relay.tcp'), number.format(relay.tcp_connections)],
    [a('relay.traffic'), bytes(relay.bytes)],
  ];
  return (
    <dl class="card admin-counts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** In the largest unit of which there is one. */
function bytes(count: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const unit = units[power] ?? 'byte';
  const format = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language.value, format).format(count / 1000 ** power);
}

function Ways({ test }: { readonly test: RelayTest }) {
  return (
    <>
      <p class="section-hint" data-testid="admin-verdict" data-verdict={test.verdict}>
        {a(`relay.${test.verdict}`)} {a('relay.tested', { when: ago(test.tested_ago_ms) })}
      </p>
      <ul class="card">
        {test.ways.map((way) => (
          <li
            key={`${way.carrier} ${way.place} ${way.host} ${way.port}`}
            class="setting"
            data-testid="admin-way"
          >
            <span class="admin-mark" data-works={way.problem === undefined} aria-hidden="true">
              {way.problem === undefined ? '✓' : '✗'}
            </span>
            <span class="visually-hidden">{a(way.problem === undefined ? 'relay.ok' : 'relay.bad')}</span>
            <span class="setting-text">
              <span class="setting-label">
                {a(`carrier.${way.carrier}`)}, {a(`place.${way.place}`)}
              </span>
              <span class="setting-hint">
                {way.host} : {way.port}
              </span>
              {way.problem && <span>{fix(way)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The server's own sentence knows most, and speaks English. */
function fix({ problem, cause, port }: RelayWay): string {
  if (language.value === 'en' && cause) return `${cause.charAt(0).toUpperCase()}${cause.slice(1)}.`;
  return problem ? a(`problem.${problem}`, { port }) : '';
}

function Networks({ networks }: { readonly networks: readonly RelayNetwork[] }) {
  if (networks.length === 0) return <p class="section-hint">{a('relay.networks.none')}</p>;
  return (
    <>
      <p class="section-hint">{a('relay.networks.hint')}</p>
      <table class="card admin-networks">
        <thead>
          <tr>
            <th scope="col">{a('relay.networks.column')}</th>
            <th scope="col">{a('carrier.udp')}</th>
            <th scope="col">{a('carrier.tcp')}</th>
            <th scope="col">{a('carrier.tls')}</th>
          </tr>
        </thead>
        <tbody>
          {networks.map(({ network, udp, tcp, tls }) => (
            <tr key={network}>
              <th scope="row">{network}</th>
              <td>{share(udp)}</td>
              <td>{share(tcp)}</td>
              <td>{share(tls)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function share({ reached, missed }: RelayReach): string {
  return reached + missed === 0 ? '–' : `${reached} / ${reached + missed}`;
}
