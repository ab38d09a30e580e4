/** The choice of what is done about the background: among the settings, and during a call. */
import { canBlur } from '../blur/can.ts';
import { type Background, background, chooseBackground } from '../call/background.ts';
import { b } from '../text/background.ts';
import { Choices } from '../ui/choices.tsx';
import { MenuField } from './menu-field.tsx';

const CHOICES: readonly Background[] = ['off', 'blur'];

/** Where it was chosen there is a way to undo it, whatever the browser can by now. */
const isOffered = () => canBlur() || background.value === 'blur';

/** With a word about each. */
export function BackgroundChoices() {
  if (!isOffered()) return null;
  return (
    <Choices
      legend={b('background')}
      choices={CHOICES.map((value) => ({
        value,
        label: b(`background.${value}`),
        hint: b(`background.${value}.hint`),
      }))}
      value={background.value}
      onChange={chooseBackground}
      testId="background"
    />
  );
}

/** As small as a camera's choice. */
export function BackgroundField() {
  if (!isOffered()) return null;
  return (
    <MenuField
      label={b('background')}
      testId="menu-background"
      value={background.value}
      options={CHOICES.map((value) => ({ value, label: b(`background.${value}`) }))}
      onChange={chooseBackground}
    />
  );
}
