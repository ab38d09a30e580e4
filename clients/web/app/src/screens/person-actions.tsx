/** What can be done about somebody besides calling them. */
import { useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import { contactOf, isBlocked, type People } from '../model/people.ts';
import { p } from '../text/pages.ts';
import { Icon } from '../ui/icons.tsx';
import { PageIcon, type PageIconName } from '../ui/page-icons.tsx';
import { presenceOf } from '../ui/presence.tsx';
import { forget, isVerified } from '../ui/verified.tsx';

interface Props {
  readonly panel: string;
  readonly name: string;
  readonly displayName: string;
  readonly people: People;
  readonly send: Send;
}

/** Opens below the row of a person; nothing asks twice, because everything here can be undone, if need be in the next call. */
export function PersonActions({ panel, name, displayName, people, send }: Props) {
  const [renaming, setRenaming] = useState(false);
  const contact = contactOf(people, name);
  const isAwaited = people.awaited.some(({ id }) => id === name);
  if (renaming && contact) {
    return (
      <Rename
        panel={panel}
        name={displayName}
        onDone={(display_name) => {
          if (display_name !== null) send({ type: 'put-contact', name, change: { display_name } });
          setRenaming(false);
        }}
      />
    );
  }
  return (
    <div class="actions" id={panel}>
      {contact ? (
        <>
          <button
            type="button"
            class="action"
            data-testid="person-favourite"
            aria-pressed={contact.favourite}
            onClick={() => send({ type: 'put-contact', name, change: { favourite: !contact.favourite } })}
          >
            {contact.favourite ? <PageIcon name="star-full" /> : <Icon name="star" size={22} />}
            {p('person.favourite')}
          </button>
          <Action
            icon="pencil"
            text={p('person.rename')}
            testId="person-rename"
            onPress={() => setRenaming(true)}
          />
          {presenceOf(people, name) !== 'online' && (
            <button
              type="button"
              class="action"
              data-testid="person-await"
              aria-pressed={isAwaited}
              onClick={() =>
                send(
                  isAwaited
                    ? { type: 'await-no-more', id: name }
                    : { type: 'await', person: { id: name, name: displayName } },
                )
              }
            >
              <Icon name="bell" size={22} />
              {p('person.await')}
            </button>
          )}
          <Action
            icon="remove"
            text={p('person.remove')}
            testId="person-remove"
            onPress={() => send({ type: 'remove-contact', name })}
          />
        </>
      ) : (
        <Action
          icon="add"
          text={p('person.add')}
          testId="person-add"
          onPress={() => send({ type: 'put-contact', name, change: {} })}
        />
      )}
      {isVerified(name) && (
        <Action
          icon="remove"
          text={p('person.forget-verified')}
          testId="person-forget-verified"
          onPress={() => void forget(name)}
        />
      )}
      {isBlocked(people, name) ? (
        <Action
          icon="check"
          text={p('person.unblock')}
          testId="person-unblock"
          onPress={() => send({ type: 'unblock-person', name })}
        />
      ) : (
        <Action
          icon="block"
          text={p('person.block')}
          testId="person-block"
          onPress={() => send({ type: 'block', name, displayName })}
        />
      )}
    </div>
  );
}

interface ActionProps {
  readonly icon: PageIconName;
  readonly text: string;
  readonly testId: string;
  readonly onPress: () => void;
}

function Action({ icon, text, testId, onPress }: ActionProps) {
  return (
    <button type="button" class="action" data-testid={testId} onClick={onPress}>
      <PageIcon name={icon} />
      {text}
    </button>
  );
}

interface RenameProps {
  readonly panel: string;
  readonly name: string;
  /** Null: leave it as it is. */
  readonly onDone: (name: string | null) => void;
}

function Rename({ panel, name, onDone }: RenameProps) {
  const [text, setText] = useState(name);
  return (
    <form
      class="rename"
      id={panel}
      onSubmit={(event) => {
        event.preventDefault();
        onDone(text.trim());
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone(null);
      }}
    >
      <input
        ref={(input) => input?.focus()}
        class="input"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        aria-label={p('person.rename.label')}
        maxLength={64}
        data-testid="rename-input"
      />
      <button type="submit" class="button button-primary button-tight">
        {p('save')}
      </button>
    </form>
  );
}

/** The button that opens and closes the actions of a row. */
export function MoreButton({
  panel,
  open,
  name,
  onPress,
}: {
  readonly panel: string;
  readonly open: boolean;
  readonly name: string;
  readonly onPress: () => void;
}) {
  const label = p('person.more', { name });
  return (
    <button
      type="button"
      class="icon-button"
      data-testid="person-more"
      aria-expanded={open}
      aria-controls={panel}
      aria-label={label}
      title={label}
      onClick={onPress}
    >
      <PageIcon name="more" />
    </button>
  );
}
