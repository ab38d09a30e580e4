/** How this user wishes to be called, and what belongs to them: a list, and one part of it. */
import type { ComponentChildren } from 'preact';
import type { Send } from '../model/message.ts';
import type { Model, Page } from '../model/model.ts';
import { isQuiet } from '../model/people-update.ts';
import { hashOf, SECTIONS, type Section } from '../model/place.ts';
import '../style/people.css';
import '../style/settings.css';
import { language, t } from '../text/language.ts';
import { type PageKey, p } from '../text/pages.ts';
import { formatTime } from '../text/time.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';
import { laterWithCalls } from '../ui/later.tsx';
import { useNow } from '../ui/now.ts';
import { PageIcon } from '../ui/page-icons.tsx';
import { theme } from '../ui/theme.ts';
import { PageTop } from './page-top.tsx';
import { SectionLink } from './section-link.tsx';
import { AccountSection } from './settings/account.tsx';
import { AppearanceSection } from './settings/appearance.tsx';
import { BlockedSection } from './settings/blocked.tsx';
import { CallsSection } from './settings/calls.tsx';
import { DevicesSection } from './settings/devices.tsx';
import { LinksSection } from './settings/links.tsx';
import { NotificationsSection } from './settings/notifications.tsx';
import { QuietSection } from './settings/quiet.tsx';

interface Props {
  readonly model: Model;
  readonly me: Extract<Page, { type: 'home' }>['me'];
  readonly send: Send;
}

const CheckSection = laterWithCalls<{ busy: boolean }>(
  async () => (await import('./settings/check.tsx')).CheckSection,
);

const ICONS: Readonly<Record<Section, ComponentChildren>> = {
  check: <Icon name="sound" size={22} />,
  account: <PageIcon name="pencil" />,
  calls: <PageIcon name="shield" />,
  quiet: <Icon name="moon" size={22} />,
  notifications: <Icon name="bell" size={22} />,
  devices: <PageIcon name="laptop" />,
  links: <Icon name="link" size={22} />,
  blocked: <PageIcon name="block" />,
  appearance: <PageIcon name="globe" />,
};

/** On a phone one after the other, on a desk side by side. */
export function Settings({ model, me, send }: Props) {
  const section = SECTIONS.find((name) => model.place === `settings/${name}`) ?? null;
  // A desk has room for a part beside the list, so the first is there before one is chosen.
  const shown = section ?? 'calls';
  return (
    <main class="settings" data-section={section ?? 'none'}>
      <div class="settings-list">
        <PageTop title={t('nav.settings')} />
        <div class="settings-me">
          <Avatar id={me.name} name={me.display_name} />
          <div class="call-text">
            <p class="call-name">{me.display_name}</p>
            <p class="call-fact">{p('settings.me', { name: me.name })}</p>
          </div>
          <button
            type="button"
            class="icon-button"
            data-testid="sign-out"
            onClick={() => send({ type: 'sign-out' })}
            aria-label={t('home.sign-out')}
            title={t('home.sign-out')}
          >
            <Icon name="sign-out" size={22} />
          </button>
        </div>
        <nav aria-label={t('nav.settings')}>
          <ul class="card">
            {SECTIONS.map((name) => (
              <SectionLink
                key={name}
                place={`settings/${name}`}
                current={name === section}
                icon={ICONS[name]}
                label={p(`section.${name}`)}
                hint={<Summary section={name} model={model} />}
                testId={`section-${name}`}
              />
            ))}
            {me.admin && (
              <SectionLink
                place="admin"
                icon={<PageIcon name="shield" />}
                label={p('section.admin')}
                hint={p('section.admin.short')}
                testId="section-admin"
              />
            )}
          </ul>
        </nav>
        <a class="report-link" href={hashOf('report')} data-testid="open-report">
          {p('settings.report')}
        </a>
      </div>
      <div class="settings-section">
        <PageTop
          title={p(`section.${shown}`)}
          before={
            <a class="icon-button settings-back" href="#/settings" aria-label={p('settings.back')}>
              <PageIcon name="back" />
            </a>
          }
        />
        <SectionView section={shown} model={model} me={me} send={send} />
      </div>
    </main>
  );
}

interface SectionProps {
  readonly section: Section;
  readonly model: Model;
  readonly send: Send;
}

function SectionView({ section, model, me, send }: SectionProps & Pick<Props, 'me'>) {
  const { people } = model;
  switch (section) {
    case 'check':
      return <CheckSection busy={model.call !== null && model.call.state.type !== 'ended'} />;
    case 'account':
      return <AccountSection me={me} account={people.account} send={send} />;
    case 'calls':
      return <CallsSection preferences={people.preferences} send={send} />;
    case 'quiet':
      return <QuietSection preferences={people.preferences} send={send} />;
    case 'notifications':
      return <NotificationsSection push={people.push} send={send} />;
    case 'devices':
      return <DevicesSection logins={people.logins} shared={model.shared !== null} send={send} />;
    case 'links':
      return <LinksSection links={people.links} made={people.newLink} send={send} />;
    case 'blocked':
      return <BlockedSection blocks={people.blocks} send={send} />;
    case 'appearance':
      return <AppearanceSection />;
  }
}

/** How a part stands, so that most visits end here. */
function Summary({ section, model }: { readonly section: Section; readonly model: Model }) {
  const now = useNow(30_000);
  const { preferences, push, logins, links, blocks } = model.people;
  switch (section) {
    case 'check':
      return <>{p('check.short')}</>;
    case 'account':
      return <>{p('account.short')}</>;
    case 'calls':
      return <>{preferences && p(`callers.${preferences.callers}`)}</>;
    case 'quiet': {
      if (!preferences) return null;
      if (isQuiet(preferences, now)) {
        const until = preferences.quietUntil;
        return (
          <>{until === null ? p('on') : t('quiet.until', { time: formatTime(until, language.value) })}</>
        );
      }
      const { schedule } = preferences.do_not_disturb;
      return <>{schedule.length > 0 ? p('quiet.scheduled') : p('off')}</>;
    }
    case 'notifications': {
      const said: Readonly<Record<typeof push, PageKey>> = {
        unknown: 'off',
        off: 'off',
        on: 'on',
        denied: 'push.denied.short',
        unsupported: 'push.unsupported.short',
        untrusted: 'push.untrusted.short',
      };
      return <>{p(said[push])}</>;
    }
    case 'devices':
      return <>{logins.status === 'ready' && count('devices', logins.items.length)}</>;
    case 'links':
      return <>{links.status === 'ready' && count('links', links.items.length)}</>;
    case 'blocked':
      return <>{blocks.status === 'ready' && count('blocked', blocks.items.length)}</>;
    case 'appearance':
      return <>{p('appearance.now', { language: t('language.name'), theme: t(`theme.${theme.value}`) })}</>;
  }
}

function count(what: 'devices' | 'links' | 'blocked', count: number): string {
  if (count === 0) return p(`${what}.none`);
  return p(count === 1 ? `${what}.one` : `${what}.many`, { count });
}
