/** Why the server did not take a form. */
import type { Form, Problem } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Icon } from '../ui/icons.tsx';
import { useNow } from '../ui/now.ts';

/** Nothing, or one sentence above the button. `wrong`: what to say of a wrong secret that is no password with a name. */
export function FormProblem({ form, wrong }: { readonly form: Form; readonly wrong?: string }) {
  if (form.type !== 'refused') return null;
  return (
    <p class="form-problem" role="alert">
      <Icon name="warning" size={20} />
      <span>
        {form.problem.type === 'rate-limited' ? (
          <Wait until={form.problem.until} />
        ) : (
          textOf(form.problem, wrong)
        )}
      </span>
    </p>
  );
}

function Wait({ until }: { readonly until: number }) {
  const now = useNow();
  return <>{t('problem.rate-limited', { seconds: Math.max(0, Math.ceil((until - now) / 1000)) })}</>;
}

function textOf(problem: Exclude<Problem, { type: 'rate-limited' }>, wrong?: string): string {
  switch (problem.type) {
    case 'wrong':
      return wrong ?? t('problem.wrong');
    case 'gone':
      return t('join.invalid.title');
    case 'shut':
      return t('problem.shut');
    case 'unreachable':
      return t('problem.unreachable');
    case 'other':
      return t('problem.other', { code: problem.code });
  }
}
