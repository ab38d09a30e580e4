/** The bodies of the HTTP API, generated from the server's own. */
export type { ApiError, HistoryEntry, HistoryPage, Me, SignUpInvitation } from '../../../sdk/src/protocol.ts';
