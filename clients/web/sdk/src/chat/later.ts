/** The chat of a call, also before the part of the package that does it is here. */
import { ClientError } from '../client-error.ts';
import { Source } from '../readable.ts';
import type { CallChat } from './chat.ts';
import type { Chat, ChatOptions, ChatState } from './public.ts';

/** Not before the answer. */
const refuse = () => Promise.reject(new ClientError('wrong-state', 'the call is not answered'));

export class LaterChat extends Source<ChatState> implements Chat {
  /** Once it was fetched, which is when the call is answered. */
  part: CallChat | undefined;
  send: Chat['send'] = refuse;
  offer: Chat['offer'] = refuse;
  accept: Chat['accept'] = () => {};
  cancel = this.accept;

  /** `options`: none if the application shows no chat. */
  constructor(options: ChatOptions | undefined) {
    super({ status: options ? 'waiting' : 'unavailable', maxFileBytes: 0, entries: [] });
  }

  /** The call is over. What has come stays. */
  over(): void {
    this.part?.end();
    this.set({ ...this.value, status: 'over' });
    this.end();
  }
}
