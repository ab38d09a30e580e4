/** What every page of somebody who is signed in has: the way to the others, and what keeps calls from working. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { Model, Page } from '../model/model.ts';
import { requestsOf } from '../model/people.ts';
import { hashOf, type Place } from '../model/place.ts';
import { isLocked } from '../model/shared-update.ts';
import { t } from '../text/language.ts';
import { Icon, type IconName } from '../ui/icons.tsx';
import { later } from '../ui/later.tsx';
import { Mark } from '../ui/logo.tsx';
import { whenIdle } from '../ui/when-idle.ts';
import { Home } from './home.tsx';

interface Props {
  readonly model: Model;
  readonly me: Extract<Page, { type: 'home' }>['me'];
  readonly send: Send;
}

const Admin = later<{ place: Place; me: string }>(async () => (await import('./admin.tsx')).Admin);
const Contacts = later<{ model: Model; send: Send }>(async () => (await import('./contacts.tsx')).Contacts);
const HistoryPage = later<{ model: Model; send: Send }>(
  async () => (await import('./history.tsx')).HistoryPage,
);
const LockedPage = later<{ name: string; send: Send }>(
  async () => (await import('./confirm.tsx')).LockedPage,
);
const Unlocked = later<{ send: Send }>(async () => (await import('./confirm.tsx')).Unlocked);
/** Needs neither a server nor a login. */
export const ReportPage = later<{ back: string }>(async () => (await import('./report.tsx')).ReportPage);
const Settings = later<Props>(async () => (await import('./settings.tsx')).Settings);

/** A bar below on a phone, beside on a desk; the same four in the same order. */
export function Shell({ model, me, send }: Props) {
  // So that nobody waits for a page, and none is missing while the server is away.
  useEffect(
    () =>
      whenIdle(() => {
        Contacts.fetch();
        HistoryPage.fetch();
        Settings.fetch();
      }),
    [],
  );
  return (
    <div class="shell" data-place={model.place.split('/')[0]}>
      <Nav model={model} />
      <div class="shell-page">
        <Notice model={model} send={send} />
        <PlaceView model={model} me={me} send={send} />
      </div>
    </div>
  );
}

function PlaceView({ model, me, send }: Props) {
  if (isLocked(model, model.place)) return <LockedPage name={me.display_name} send={send} />;
  switch (model.place) {
    case 'home':
      return <Home model={model} me={me} send={send} />;
    case 'contacts':
      return <Contacts model={model} send={send} />;
    case 'history':
      return <HistoryPage model={model} send={send} />;
    case 'report':
      return <ReportPage back="#/settings" />;
    case 'settings':
    case 'settings/check':
    case 'settings/account':
    case 'settings/calls':
    case 'settings/quiet':
    case 'settings/notifications':
    case 'settings/devices':
    case 'settings/links':
    case 'settings/blocked':
    case 'settings/appearance':
      return <Settings model={model} me={me} send={send} />;
    case 'admin':
    case 'admin/users':
    case 'admin/calls':
    case 'admin/links':
    case 'admin/relay':
    case 'admin/failures':
      return <Admin place={model.place} me={me.name} />;
  }
}

function Nav({ model }: { readonly model: Model }) {
  const missed = model.people.unseen?.missed ?? 0;
  const requests = requestsOf(model.people, model.history.calls).length;
  return (
    <nav class="nav" aria-label={t('nav')}>
      <Mark />
      <NavLink to="home" icon="phone" here={model.place}>
        {t('nav.home')}
      </NavLink>
      <NavLink to="contacts" icon="people" here={model.place} count={requests} counted="nav.requests">
        {t('nav.contacts')}
      </NavLink>
      <NavLink to="history" icon="clock" here={model.place} count={missed} counted="nav.missed">
        {t('nav.history')}
      </NavLink>
      <NavLink to="settings" icon="settings" here={model.place}>
        {t('nav.settings')}
      </NavLink>
    </nav>
  );
}

interface NavLinkProps {
  readonly to: Place;
  readonly icon: IconName;
  readonly here: Place;
  readonly count?: number;
  readonly counted?: 'nav.requests' | 'nav.missed';
  readonly children: ComponentChildren;
}

function NavLink({ to, icon, here, count = 0, counted, children }: NavLinkProps) {
  const isHere = here === to || here.startsWith(`${to}/`);
  return (
    <a
      class="nav-link"
      href={hashOf(to) || '#/'}
      aria-current={isHere ? 'page' : undefined}
      data-testid={`nav-${to}`}
    >
      <span class="nav-face">
        <Icon name={icon} />
        {count > 0 && (
          <span class="badge" data-testid={`badge-${to}`} aria-hidden="true">
            {count > 99 ? '99+' : count}
          </span>
        )}
      </span>
      <span>{children}</span>
      {count > 0 && counted && <span class="visually-hidden">{t(counted, { count })}</span>}
    </a>
  );
}

/** What keeps calls from working, with the way out. */
function Notice({ model, send }: { readonly model: Model; readonly send: Send }) {
  if (!model.secure) {
    return (
      <p class="notice" role="alert">
        <Icon name="warning" size={20} />
        <span>{t('home.insecure')}</span>
      </p>
    );
  }
  if (model.shared?.open) return <Unlocked send={send} />;
  if (model.link.type !== 'offline') return null;
  switch (model.link.reason) {
    case 'closed':
    case 'signed-out':
      return null;
    case 'replaced':
      return (
        <p class="notice" role="alert">
          <span>{t('link.replaced')}</span>
          <button type="button" class="button button-small" onClick={() => send({ type: 'connect-here' })}>
            {t('link.use-here')}
          </button>
        </p>
      );
    case 'incompatible':
      return (
        <p class="notice" role="alert">
          <span>{t('link.incompatible')}</span>
          <button type="button" class="button button-small" onClick={() => location.reload()}>
            {t('link.reload')}
          </button>
        </p>
      );
  }
}
