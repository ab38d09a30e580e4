/** The administration: its parts, and one of them. Whom the server does not know as an administrator sees nothing there. */
import type { ComponentChildren } from 'preact';
import { ADMIN_SECTIONS, type AdminSection, type Place } from '../model/place.ts';
import '../style/admin.css';
import '../style/people.css';
import '../style/settings.css';
import { a } from '../text/admin.ts';
import { Icon } from '../ui/icons.tsx';
import { PageIcon } from '../ui/page-icons.tsx';
import { Calls, Failures, GuestLinks } from './admin/calls.tsx';
import { Relay } from './admin/relay.tsx';
import { Users } from './admin/users.tsx';
import { PageTop } from './page-top.tsx';
import { SectionLink } from './section-link.tsx';

interface Props {
  readonly place: Place;
  /** The name of whoever looks. */
  readonly me: string;
}

const ICONS: Readonly<Record<AdminSection, ComponentChildren>> = {
  users: <Icon name="people" size={22} />,
  calls: <Icon name="phone" size={22} />,
  links: <Icon name="link" size={22} />,
  relay: <PageIcon name="globe" />,
  failures: <Icon name="warning" size={22} />,
};

const PAGES: Readonly<Record<AdminSection, (me: string) => ComponentChildren>> = {
  users: (me) => <Users me={me} />,
  calls: () => <Calls />,
  links: () => <GuestLinks />,
  relay: () => <Relay />,
  failures: () => <Failures />,
};

/** On a phone one after the other, on a desk side by side. */
export function Admin({ place, me }: Props) {
  const section = ADMIN_SECTIONS.find((name) => place === `admin/${name}`) ?? null;
  const shown = section ?? 'users';
  return (
    <main class="settings" data-section={section ?? 'none'}>
      <div class="settings-list">
        <PageTop
          title={a('title')}
          before={
            <a class="icon-button" href="#/settings" aria-label={a('back')}>
              <PageIcon name="back" />
            </a>
          }
        />
        <nav aria-label={a('title')}>
          <ul class="card">
            {ADMIN_SECTIONS.map((name) => (
              <SectionLink
                key={name}
                place={`admin/${name}`}
                current={name === section}
                icon={ICONS[name]}
                label={a(name)}
                hint={a(`${name}.short`)}
                testId={`admin-${name}`}
              />
            ))}
          </ul>
        </nav>
      </div>
      <div class="settings-section" key={shown}>
        <PageTop
          title={a(shown)}
          before={
            <a class="icon-button settings-back" href="#/admin" aria-label={a('back.list')}>
              <PageIcon name="back" />
            </a>
          }
        />
        {PAGES[shown](me)}
      </div>
    </main>
  );
}
