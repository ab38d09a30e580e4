import type { Client, ConnectOptions } from './public.ts';

/** Connects this device to a server and keeps it connected until `close`. */
export declare function connect(options?: ConnectOptions): Client;
