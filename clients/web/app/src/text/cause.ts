/** Why a call was bad, and what helps: with the screen that shows it, in both languages. */
import type { Cause } from '@visavis/client';
import type { Language } from './choose-language.ts';
import { speaker } from './language.ts';

const en = {
  'silent-mic.here':
    'Your microphone sent nothing but silence: look for a mute switch on the headset, or choose another microphone.',
  'silent-mic.there':
    '{name}’s microphone sent nothing but silence: they can look for a mute switch on the headset, or choose another microphone.',
  'one-sided':
    'For a while only one of you could be heard: a firewall or VPN let media pass one way only. Turn off VPN or try another network.',
  'dropped.here': 'Your network broke off: move closer to the Wi-Fi, use a cable, or try another network.',
  'dropped.there':
    '{name}’s network broke off: they can move closer to the Wi-Fi, use a cable, or try another network.',
  'dropped.between':
    'The network between you and {name} broke off: whoever is on Wi-Fi can move closer to it or use a cable.',
  'narrow.here': 'Your network is too slow for pictures: stop downloads and uploads, or call with voice.',
  'narrow.there':
    '{name}’s network is too slow for pictures: they can stop downloads and uploads, or call with voice.',
  'narrow.between':
    'The network between you and {name} is too slow for pictures: stop downloads and uploads, or call with voice.',
  'no-udp':
    'Your network blocks UDP, so the call went over TCP, which stutters when the network is busy. Try another network.',
  'loss.here': 'Your network loses packets: try a cable, or move closer to the Wi-Fi.',
  'loss.there': '{name}’s network loses packets: they can try a cable, or move closer to the Wi-Fi.',
  'loss.between':
    'Packets were lost between you and {name}: whoever is on Wi-Fi can try a cable, or move closer to it.',
  'loss.relay':
    'Packets were lost on the way through the server’s relay to {name} or back: try a cable, or tell the administrator.',
  'late.here': 'Your network is slow to deliver: stop downloads and uploads, or try another network.',
  'late.there':
    '{name}’s network is slow to deliver: they can stop downloads and uploads, or try another network.',
  'late.between':
    'The network between you and {name} is slow to deliver: stop downloads and uploads, or try another network.',
  'late.relay': 'The way through the server’s relay took too long: turn off VPN, or tell the administrator.',
  'jitter.here': 'Your network delivers unevenly: try a cable, or move closer to the Wi-Fi.',
  'jitter.there': '{name}’s network delivers unevenly: they can try a cable, or move closer to the Wi-Fi.',
  'jitter.between':
    'The network between you and {name} delivers unevenly: whoever is on Wi-Fi can try a cable, or move closer to it.',
  'busy.here': 'Your device was too busy for the pictures: close other programs, or call with voice.',
  'busy.there':
    '{name}’s device was too busy for the pictures: they can close other programs, or call with voice.',
} as const;

type CauseKey = keyof typeof en;

const zhCn: Readonly<Record<CauseKey, string>> = {
  'silent-mic.here': '你的麦克风没有任何声音：请检查耳机静音键，或换一个麦克风。',
  'silent-mic.there': '{name}的麦克风没有任何声音：请对方检查耳机静音键，或换一个麦克风。',
  'one-sided': '有一段时间只能听到一方的声音：防火墙或 VPN 只放行了一个方向。请关闭 VPN 或更换网络。',
  'dropped.here': '你的网络中断：请靠近 Wi-Fi、使用网线或更换网络。',
  'dropped.there': '{name}的网络中断：对方可以靠近 Wi-Fi、使用网线或更换网络。',
  'dropped.between': '你与{name}之间的网络中断：使用 Wi-Fi 的一方可以靠近路由器或改用网线。',
  'narrow.here': '你的网络太慢，无法传送画面：请停止下载和上传，或改用语音通话。',
  'narrow.there': '{name}的网络太慢，无法传送画面：对方可以停止下载和上传，或改用语音通话。',
  'narrow.between': '你与{name}之间的网络太慢，无法传送画面：请停止下载和上传，或改用语音通话。',
  'no-udp': '你的网络阻止了 UDP，通话改走 TCP，网络繁忙时会卡顿。请更换网络。',
  'loss.here': '你的网络丢包：请使用网线或靠近 Wi-Fi。',
  'loss.there': '{name}的网络丢包：对方可以使用网线或靠近 Wi-Fi。',
  'loss.between': '你与{name}之间有丢包：使用 Wi-Fi 的一方可以改用网线或靠近路由器。',
  'loss.relay': '与{name}之间经服务器中继的线路有丢包：请使用网线，或告知管理员。',
  'late.here': '你的网络延迟过高：请停止下载和上传，或更换网络。',
  'late.there': '{name}的网络延迟过高：对方可以停止下载和上传，或更换网络。',
  'late.between': '你与{name}之间的网络延迟过高：请停止下载和上传，或更换网络。',
  'late.relay': '经服务器中继的线路延迟过高：请关闭 VPN，或告知管理员。',
  'jitter.here': '你的网络时快时慢：请使用网线或靠近 Wi-Fi。',
  'jitter.there': '{name}的网络时快时慢：对方可以使用网线或靠近 Wi-Fi。',
  'jitter.between': '你与{name}之间的网络时快时慢：使用 Wi-Fi 的一方可以改用网线或靠近路由器。',
  'busy.here': '你的设备太忙，画面处理不过来：请关闭其他程序，或改用语音通话。',
  'busy.there': '{name}的设备太忙，画面处理不过来：对方可以关闭其他程序，或改用语音通话。',
};

/** The dictionary of each language. */
export const CAUSES: Readonly<Record<Language, Readonly<Record<CauseKey, string>>>> = { en, 'zh-CN': zhCn };

const speak = speaker(CAUSES);

/** One sentence: what it was, whose, and what helps. */
export function causeSentence(cause: Cause, name: string): string {
  return speak(keyOf(cause), { name });
}

function keyOf({ code, side, path }: Cause): CauseKey {
  switch (code) {
    case 'one-sided':
    case 'no-udp':
      return code;
    case 'silent-mic':
    case 'busy':
      return side === 'here' ? `${code}.here` : `${code}.there`;
    case 'loss':
    case 'late':
      return side === 'between' && path !== 'direct' ? `${code}.relay` : `${code}.${side}`;
    case 'dropped':
    case 'narrow':
    case 'jitter':
      return `${code}.${side}`;
  }
}
