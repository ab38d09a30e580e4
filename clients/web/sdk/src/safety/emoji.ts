/** What the four emoji of a call are chosen from: the list of `protocol/emoji.json`, version 1, in its order. */

/** One of them, with what to call it when reading it out. */
export interface Emoji {
  readonly emoji: string;
  readonly en: string;
  readonly zh: string;
}

const LIST = [
  '🐶 dog 狗|🐱 cat 猫|🦁 lion 狮子|🐵 monkey 猴子',
  '🦄 unicorn 独角兽|🐷 pig 猪|🐘 elephant 大象|🐰 rabbit 兔子',
  '🐼 panda 熊猫|🐓 rooster 公鸡|🐧 penguin 企鹅|🐢 turtle 乌龟',
  '🐟 fish 鱼|🐙 octopus 章鱼|🦋 butterfly 蝴蝶|🌷 tulip 郁金香',
  '🌳 tree 大树|🌵 cactus 仙人掌|🍄 mushroom 蘑菇|🌍 globe 地球',
  '🌙 moon 月亮|🔥 fire 火焰|🌈 rainbow 彩虹|🍌 banana 香蕉',
  '🍎 apple 苹果|🍓 strawberry 草莓|🌽 corn 玉米|🍕 pizza 披萨',
  '🎂 cake 蛋糕|🍦 ice-cream 冰淇淋|🤖 robot 机器人|👟 shoe 鞋',
  '👓 glasses 眼镜|🔧 wrench 扳手|👑 crown 皇冠|🎁 gift 礼物',
  '🎈 balloon 气球|⌛ hourglass 沙漏|⏰ alarm-clock 闹钟|💡 light-bulb 灯泡',
  '📕 book 书本|📷 camera 相机|📎 paperclip 回形针|⭐ star 星星',
  '🔑 key 钥匙|🔨 hammer 锤子|📱 phone 手机|🚩 flag 旗子',
  '🚂 train 火车|🚲 bicycle 自行车|🚁 helicopter 直升机|🚀 rocket 火箭',
  '🏆 trophy 奖杯|⚽ football 足球|🎸 guitar 吉他|🎺 trumpet 小号',
  '🔔 bell 铃铛|🎲 dice 骰子|🎧 headphones 耳机|🎹 piano 钢琴',
  '⛵ sailboat 帆船|🏠 house 房子|👻 ghost 幽灵|💎 diamond 钻石',
].join('|');

/** All 64; each stands for six bits. */
export const EMOJI: readonly Emoji[] = LIST.split('|').map((line) => {
  const [emoji = '', en = '', zh = ''] = line.split(' ');
  return { emoji, en: en.replace('-', ' '), zh };
});

/** What to call an emoji of a code; empty for one that is not of the list. */
export function emojiName(emoji: string, language: 'en' | 'zh'): string {
  return EMOJI.find((one) => one.emoji === emoji)?.[language] ?? '';
}
