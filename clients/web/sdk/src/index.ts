/**
 * `@visavis/client`: audio and video calls between two people through a Visavis server.
 *
 * Begin with {@link connect}; `public.ts` has every type. How it is built: `core/` holds one pure store,
 * `(state, input) → (state, outputs)`, without clock, socket or browser; `driver.ts` performs its outputs with
 * `page/` (socket, storage, events of the page) and `media/` (microphone, camera, peer connection, playing).
 */
export { ClientError, type ClientErrorCode, type DeviceKind } from './client-error.ts';
export { connect } from './connect.ts';
export { webSocketTransport } from './page/socket.ts';
export { streamTransport } from './page/stream.ts';
/** The bodies of the server's HTTP API, for pages that sign people in and show their history. */
export type {
  ApiError,
  Block,
  BlockList,
  Callers,
  CallView,
  Changed,
  ChangedThing,
  Contact,
  ContactList,
  DeviceView,
  DoNotDisturb,
  EnterAsGuest,
  GuestInvitation,
  GuestLink,
  GuestLinkList,
  GuestOf,
  GuestView,
  HistoryEntry,
  HistoryPage,
  HistorySeen,
  Login,
  LoginList,
  LoginView,
  MakeGuestLink,
  Me,
  NewGuestLink,
  Preferences,
  Presence,
  PresenceStatus,
  PushedCall,
  PushedStop,
  PushKey,
  PushKeys,
  PushMessage,
  PutContact,
  PutPush,
  QuietTime,
  RenameLogin,
  SignUp,
  SignUpInvitation,
  Ticket,
  Weekday,
} from './protocol.ts';
export type {
  Call,
  CallState,
  CallSummary,
  Client,
  ClientEvents,
  ConnectOptions,
  Device,
  DeviceRole,
  Diagnosis,
  ElsewhereCall,
  EndReason,
  Held,
  LinkState,
  LocalMedia,
  LocalState,
  LogEntry,
  MediaChoice,
  OfflineReason,
  Path,
  Peer,
  Readable,
  RecoveryCause,
  RemoteMedia,
  UntilOptions,
  UserId,
} from './public.ts';
export type { Connection, Transport, TransportEvents } from './transport.ts';
