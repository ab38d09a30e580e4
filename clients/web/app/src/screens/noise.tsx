/** The choice of what is done about noise: among the settings, and during a call. */
import { chooseNoise, noise, noiseChoices } from '../call/noise.ts';
import { n } from '../text/noise.ts';
import { Choices } from '../ui/choices.tsx';
import { MenuField } from './menu-field.tsx';

/** With a word about each. */
export function NoiseChoices() {
  return (
    <Choices
      legend={n('noise')}
      choices={noiseChoices().map((value) => ({
        value,
        label: n(`noise.${value}`),
        hint: n(`noise.${value}.hint`),
      }))}
      value={noise.value}
      onChange={chooseNoise}
      testId="noise"
    />
  );
}

/** As small as a microphone's choice. */
export function NoiseField() {
  return (
    <MenuField
      label={n('noise')}
      testId="menu-noise"
      value={noise.value}
      options={noiseChoices().map((value) => ({ value, label: n(`noise.${value}`) }))}
      onChange={chooseNoise}
    />
  );
}
