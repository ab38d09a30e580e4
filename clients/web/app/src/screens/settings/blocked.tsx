/** People whose calls do not ring. They are never told. */
import type { Block } from '@visavis/client';
import type { Send } from '../../model/message.ts';
import type { Shelf } from '../../model/people.ts';
import { p } from '../../text/pages.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Waiting } from './waiting.tsx';

interface Props {
  readonly blocks: Shelf<Block>;
  readonly send: Send;
}

/** Blocking happens where one meets people: in the contacts and the history. */
export function BlockedSection({ blocks, send }: Props) {
  if (blocks.status !== 'ready' && blocks.items.length === 0) {
    return <Waiting status={blocks.status} what="blocks" send={send} />;
  }
  return (
    <>
      {blocks.items.length === 0 ? (
        <p class="empty">{p('blocked.empty')}</p>
      ) : (
        <ul class="card">
          {blocks.items.map(({ name, display_name }) => (
            <li key={name} class="setting" data-testid="blocked" data-peer={name}>
              <Avatar id={name} name={display_name} />
              <div class="setting-text">
                <p class="setting-label">{display_name}</p>
                <p class="setting-hint">{name}</p>
              </div>
              <button
                type="button"
                class="button button-quiet button-tight"
                data-testid="unblock"
                onClick={() => send({ type: 'unblock-person', name })}
              >
                {p('person.unblock')}
              </button>
            </li>
          ))}
        </ul>
      )}
      <p class="section-hint">{p('blocked.hint')}</p>
    </>
  );
}
