/**
 * Somebody without an account comes by a link: `(model, input) → (model, outputs)`.
 *
 *     link ─► door ─ knock ─► guest, whose call rings at the host
 */
import type { Me } from '@visavis/client';
import type { GuestInput, Output } from './message.ts';
import type { Model } from './model.ts';
import type { Step } from './update.ts';

/** Takes one input about a guest. */
export function updateGuest(model: Model, input: GuestInput): Step {
  const { page } = model;
  switch (input.type) {
    case 'open-guest': {
      // Somebody who is in a call does not lose it to an address.
      if (model.call && model.call.state.type !== 'ended') return [model, []];
      const { token } = input;
      const door = {
        type: 'guest-door',
        token,
        link: { type: 'checking' },
        me: null,
        form: { type: 'ready' },
      } as const;
      return [{ ...model, page: door }, [{ type: 'disconnect' }, { type: 'check-guest-link', token }]];
    }
    case 'guest-invitation': {
      if (page.type !== 'guest-door') return [model, []];
      const { invitation, me } = input;
      if (invitation) return [{ ...model, page: { ...page, link: { type: 'valid', invitation }, me } }, []];
      // A link that was good once is used up by the very guest who may still call.
      if (me?.guest) return welcomeGuest(model, me, true);
      return [{ ...model, page: { ...page, link: { type: 'closed' }, me } }, []];
    }
    case 'knock':
      if (page.type === 'guest') return [model, call(page.guest.host, input.video)];
      if (page.type !== 'guest-door' || page.form.type === 'sending') return [model, []];
      return [
        { ...model, page: { ...page, form: { type: 'sending' } } },
        [{ type: 'send-guest', token: page.token, name: input.name, video: input.video }],
      ];
    case 'guest-entered': {
      const [inside, outputs] = welcomeGuest(model, input.me, false);
      if (inside.page.type !== 'guest') return [model, []];
      return [inside, [...outputs, ...call(inside.page.guest.host, input.video)]];
    }
    case 'guest-is-me':
      return page.type === 'guest' ? [{ ...model, page: { ...page, asks: false } }, []] : [model, []];
    case 'leave-as-guest':
      if (page.type !== 'guest') return [model, []];
      return [
        { ...model, page: { ...page, over: true }, call: null },
        [{ type: 'disconnect' }, { type: 'send-log-out' }],
      ];
    default:
      return input satisfies never;
  }
}

/** The page of a guest who is signed in. `asks`: the browser may be in other hands than when they came. */
export function welcomeGuest(model: Model, me: Me, asks: boolean): Step {
  if (!me.guest) return [model, []];
  return [
    {
      ...model,
      page: { type: 'guest', me, guest: me.guest, over: false, asks },
      link: { type: 'connecting' },
    },
    [{ type: 'clear-address' }, { type: 'connect' }],
  ];
}

function call(host: string, video: boolean): readonly Output[] {
  return [{ type: 'start-call', to: host, video }];
}
