/** The pages of the playground, for whoever looks at each of them. */

/** The path of every page. */
export const paths = [
  '/',
  '/chat/reading',
  '/editor/minutes',
  '/whiteboard/lobby',
  '/game',
  '/ticker',
  '/notifications',
  '/news',
  '/scores',
  '/feed',
  '/images',
  '/laboratory',
]
