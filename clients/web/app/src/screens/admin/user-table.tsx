/** The people of a server: on a desk a table, on a phone a card with a line or two for each. */
import type { AdminUser } from '@visavis/client';
import type { ComponentChildren } from 'preact';
import { a } from '../../text/admin.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { PageIcon } from '../../ui/page-icons.tsx';
import { ago } from './parts.tsx';

interface Props {
  readonly users: readonly AdminUser[];
  /** Whose row is open. */
  readonly open: string | null;
  readonly onOpen: (name: string | null) => void;
  /** What is behind a row. */
  readonly children: (user: AdminUser) => ComponentChildren;
}

export function UserTable({ users, open, onOpen, children }: Props) {
  return (
    <table class="card admin-users">
      <thead>
        <tr>
          <th scope="col">{a('users.person')}</th>
          <th scope="col">{a('users.account')}</th>
          <th scope="col">{a('users.state')}</th>
        </tr>
      </thead>
      {users.map((user) => {
        const { name, display_name } = user;
        const isOpen = open === name;
        return (
          <tbody key={name} data-testid={`admin-user-${name}`}>
            <tr>
              <th scope="row">
                <button
                  type="button"
                  class="setting admin-user"
                  aria-expanded={isOpen}
                  data-testid={`admin-user-face-${name}`}
                  onClick={() => onOpen(isOpen ? null : name)}
                >
                  <PageIcon name="forward" size={18} />
                  <Avatar id={name} name={display_name} />
                  <span class="setting-text">
                    <span class="setting-label">{display_name}</span>
                    <span class="admin-name">{name}</span>
                  </span>
                </button>
              </th>
              <td>{accountOf(user)}</td>
              <td>{seenOf(user)}</td>
            </tr>
            {isOpen && (
              <tr>
                <td colSpan={3} class="admin-opened">
                  {children(user)}
                </td>
              </tr>
            )}
          </tbody>
        );
      })}
    </table>
  );
}

function accountOf({ admin, disabled }: AdminUser): string {
  const facts = [...(admin ? [a('fact.admin')] : []), ...(disabled ? [a('fact.disabled')] : [])];
  return facts.join(' · ');
}

function seenOf({ signed_up, online, last_seen_ago_ms }: AdminUser): string {
  if (!signed_up) return a('fact.invited');
  if (online > 0) return a('fact.online');
  return last_seen_ago_ms === undefined
    ? a('fact.signed-out')
    : a('fact.seen', { when: ago(last_seen_ago_ms) });
}
