/** Links with which people without an account can knock. */
import type { GuestLink, NewGuestLink } from '@visavis/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Send } from '../../model/message.ts';
import type { Shelf } from '../../model/people.ts';
import { formatDistance } from '../../text/ago.ts';
import { language } from '../../text/language.ts';
import { p } from '../../text/pages.ts';
import { Icon } from '../../ui/icons.tsx';
import { PageIcon } from '../../ui/page-icons.tsx';
import { QrCode } from '../../ui/qr-code.tsx';
import { SureButton } from '../../ui/sure-button.tsx';
import { Switch } from '../../ui/switch.tsx';
import { Waiting } from './waiting.tsx';

interface Props {
  readonly links: Shelf<GuestLink>;
  readonly made: NewGuestLink | null;
  readonly send: Send;
}

const DAY = 86_400_000;
const USES = { one: 1, five: 5, any: null } as const;
const LIVES = { day: DAY, week: 7 * DAY, month: 30 * DAY, open: null } as const;

/** A link that was just made is shown above the others, once. */
export function LinksSection({ links, made, send }: Props) {
  return (
    <>
      {made ? <MadeLink made={made} send={send} /> : <MakeLink send={send} />}
      {links.items.length > 0 && <h2 class="section-title">{p('links.yours')}</h2>}
      {links.items.length > 0 && (
        <ul class="card">
          {links.items.map((link) => (
            <LinkLine key={link.id} link={link} send={send} />
          ))}
        </ul>
      )}
      {links.items.length === 0 && links.status !== 'ready' && (
        <Waiting status={links.status} what="links" send={send} />
      )}
    </>
  );
}

function MakeLink({ send }: { readonly send: Send }) {
  const [label, setLabel] = useState('');
  const [uses, setUses] = useState<keyof typeof USES>('one');
  const [life, setLife] = useState<keyof typeof LIVES>('week');
  const [video, setVideo] = useState(true);
  const submit = (event: Event) => {
    event.preventDefault();
    const count = USES[uses];
    const lifeMs = LIVES[life];
    send({
      type: 'make-link',
      link: {
        label: label.trim(),
        video,
        ...(count === null ? {} : { uses: count }),
        ...(lifeMs === null ? {} : { expires_in_ms: lifeMs }),
      },
    });
  };
  return (
    <form class="card link-form" onSubmit={submit}>
      <p class="setting-hint">{p('links.hint')}</p>
      <div class="field">
        <label for="link-label">{p('links.label')}</label>
        <input
          id="link-label"
          class="input"
          value={label}
          onInput={(event) => setLabel(event.currentTarget.value)}
          placeholder={p('links.label.example')}
          maxLength={64}
          required
          autocomplete="off"
          aria-describedby="link-label-hint"
          data-testid="link-label"
        />
        <p class="setting-hint" id="link-label-hint">
          {p('links.label.hint')}
        </p>
      </div>
      <div class="link-limits">
        <div class="field">
          <label for="link-uses">{p('links.uses')}</label>
          <select
            id="link-uses"
            class="input"
            value={uses}
            onChange={(event) => setUses(event.currentTarget.value as keyof typeof USES)}
            data-testid="link-uses"
          >
            {(Object.keys(USES) as (keyof typeof USES)[]).map((key) => (
              <option key={key} value={key}>
                {p(`links.uses.${key}`)}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="link-life">{p('links.life')}</label>
          <select
            id="link-life"
            class="input"
            value={life}
            onChange={(event) => setLife(event.currentTarget.value as keyof typeof LIVES)}
            data-testid="link-life"
          >
            {(Object.keys(LIVES) as (keyof typeof LIVES)[]).map((key) => (
              <option key={key} value={key}>
                {p(`links.life.${key}`)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <Switch label={p('links.video')} on={video} onChange={setVideo} testId="link-video" />
      <button type="submit" class="button button-primary" data-testid="link-make">
        <Icon name="link" size={20} />
        {p('links.make')}
      </button>
    </form>
  );
}

function MadeLink({ made, send }: { readonly made: NewGuestLink; readonly send: Send }) {
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    // Whoever looks sees where the link leads, not its secret end.
    if (field.current) field.current.scrollLeft = 0;
  }, []);
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(made.url);
      setCopied(true);
    } catch {
      // The text is selected: the user can copy it by hand.
    }
  };
  return (
    <section class="card made-link" aria-label={p('links.made', { label: made.link.label })}>
      <h2 class="setting-label">{p('links.made', { label: made.link.label })}</h2>
      <QrCode text={made.url} label={p('links.qr')} />
      <div class="copy-line">
        <input
          ref={field}
          class="input"
          value={made.url}
          readOnly
          aria-label={p('links.address')}
          onFocus={(event) => event.currentTarget.select()}
          data-testid="link-url"
        />
        <button
          type="button"
          class="button button-primary button-tight"
          data-testid="link-copy"
          onClick={() => void copy()}
        >
          <PageIcon name={copied ? 'check' : 'copy'} size={20} />
          <span aria-live="polite">{p(copied ? 'links.copied' : 'links.copy')}</span>
        </button>
      </div>
      <p class="setting-hint">{p('links.once')}</p>
      {isLoopback(made.url) && (
        <p class="setting-hint link-warning" role="note" data-testid="link-here-only">
          <Icon name="warning" size={20} />
          <span>{p('links.here-only')}</span>
        </p>
      )}
      <button
        type="button"
        class="button button-quiet"
        data-testid="link-done"
        onClick={() => send({ type: 'forget-new-link' })}
      >
        {p('done')}
      </button>
    </section>
  );
}

/** Such an address means the computer itself, wherever it is opened. */
function isLoopback(url: string): boolean {
  return /^(.+\.)?localhost$|^127\.|^\[::1\]$/.test(new URL(url).hostname);
}

function LinkLine({ link, send }: { readonly link: GuestLink; readonly send: Send }) {
  return (
    <li class="setting" data-testid="link" data-open={isOpen(link)}>
      <Icon name={link.video ? 'video' : 'phone'} size={22} />
      <div class="setting-text">
        <p class="setting-label">{link.label}</p>
        <p class="setting-hint" data-testid="link-facts">
          {factsOf(link).join(' · ')}
        </p>
      </div>
      <SureButton
        text={p('links.revoke')}
        question={p('links.revoke.sure')}
        onSure={() => send({ type: 'revoke-link', id: link.id })}
        testId="link-revoke"
      />
    </li>
  );
}

function isOpen({ uses_left, expires_in_ms }: GuestLink): boolean {
  return uses_left !== 0 && expires_in_ms !== 0;
}

function factsOf({ uses_left, used, expires_in_ms }: GuestLink): string[] {
  const facts: string[] = [];
  if (uses_left === undefined) facts.push(p('links.used', { count: used }));
  else if (uses_left === 0) facts.push(p('links.used-up'));
  else facts.push(p(uses_left === 1 ? 'links.left.one' : 'links.left', { count: uses_left }));
  if (expires_in_ms === 0) facts.push(p('links.expired'));
  else if (expires_in_ms !== undefined) {
    facts.push(p('links.expires', { when: formatDistance(expires_in_ms, language.value) }));
  }
  return facts;
}
