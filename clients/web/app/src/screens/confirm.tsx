/** Several people use this browser: whoever wants to answer, or to see what is its user's, says who they are. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Input, Send } from '../model/message.ts';
import type { Form } from '../model/model.ts';
import '../style/confirm.css';
import { p } from '../text/pages.ts';
import { FormProblem } from './form-problem.tsx';

interface Props {
  /** How its user is shown. */
  readonly name: string;
  /** What is done then. */
  readonly wanted: Input | null;
  readonly form: Form;
  readonly send: Send;
}

/** Over everything but a notice. Esc closes it, and the call rings on. */
export function Confirm({ name, wanted, form, send }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [secret, setSecret] = useState('');
  const answers = wanted?.type === 'answer' || wanted?.type === 'answer-waiting' || wanted?.type === 'dial';
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (form.type !== 'refused') return;
    setSecret('');
    input.current?.focus();
  }, [form]);
  return (
    <div class="confirm-back" role="dialog" aria-modal="true" aria-labelledby="confirm-title">
      <form
        class="confirm"
        data-testid="confirm"
        onSubmit={(event) => {
          event.preventDefault();
          if (secret !== '') send({ type: 'confirm', secret });
        }}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === 'Escape') send({ type: 'confirm-cancel' });
        }}
      >
        <h2 id="confirm-title">{p(answers ? 'confirm.answer' : 'confirm.title', { name })}</h2>
        <label class="field">
          <span>{p('confirm.secret')}</span>
          <input
            ref={input}
            class="input"
            type="password"
            autocomplete="off"
            value={secret}
            onInput={({ currentTarget }) => setSecret(currentTarget.value)}
            data-testid="confirm-secret"
          />
        </label>
        <FormProblem form={form} wrong={p('confirm.wrong')} />
        <div class="confirm-actions">
          <button
            type="button"
            class="button button-quiet"
            data-testid="confirm-cancel"
            onClick={() => send({ type: 'confirm-cancel' })}
          >
            {p('confirm.cancel')}
          </button>
          <button
            type="submit"
            class="button button-primary"
            disabled={secret === '' || form.type === 'sending'}
            data-testid="confirm-go"
          >
            {p('confirm.go')}
          </button>
        </div>
      </form>
    </div>
  );
}

/** In the place of a page. */
export function LockedPage(props: Pick<Props, 'name' | 'send'>) {
  return (
    <main>
      <h1 class="visually-hidden">{p('confirm.title', { name: props.name })}</h1>
      <Locked {...props} />
    </main>
  );
}

/** In the place of a part of a page. */
export function Locked({ name, send }: Pick<Props, 'name' | 'send'>) {
  return (
    <div class="empty" data-testid="locked">
      <p>{p('confirm.locked', { name })}</p>
      <button
        type="button"
        class="button button-quiet"
        data-testid="unlock"
        onClick={() => send({ type: 'ask-confirm', wanted: null })}
      >
        {p('confirm.unlock')}
      </button>
    </div>
  );
}

/** Above every page, until it is locked again. */
export function Unlocked({ send }: Pick<Props, 'send'>) {
  return (
    <p class="notice notice-calm" role="status" data-testid="shared-open">
      <span>{p('shared.open')}</span>
      <button
        type="button"
        class="button button-small"
        data-testid="lock"
        onClick={() => send({ type: 'lock' })}
      >
        {p('shared.lock')}
      </button>
    </p>
  );
}
