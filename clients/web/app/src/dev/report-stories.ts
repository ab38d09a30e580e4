/** The stories of the inspector: a call with its report, and the page on which a saved one is opened. */
import { base, inCall, type Story } from './story-models.ts';

const talking: Story = inCall((now) => ({
  state: { type: 'active', since: now - 65_000, path: 'relay-tls' },
}));
const over: Story = inCall(() => ({
  state: { type: 'ended', reason: 'remote-hangup', summary: { durationMs: 65_000 } },
}));
const page: Story = (now, language) => ({ ...base(now, language), place: 'report' });

/** By name, as in the page's address. What is pressed in each is in `shoot.mjs`. */
export const REPORT_STORIES: Readonly<Record<string, Story>> = {
  'inspector-steps': talking,
  'inspector-network': talking,
  'inspector-media': talking,
  'inspector-graphs': talking,
  'inspector-ended': over,
  'inspector-history': (now, language) => ({ ...base(now, language), place: 'history' }),
  report: page,
  'report-open': page,
  'report-bad': page,
  'report-signed-out': (now, language) => ({
    ...base(now, language, { type: 'sign-in', ended: false, form: { type: 'ready' } }),
    place: 'report',
  }),
};
