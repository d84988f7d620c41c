/** The scripts, each whole: Redis keeps them by their hashes. */
import { createHash } from 'node:crypto'
import { append } from './lua/append.js'
import { base } from './lua/base.js'
import { cut, install, settle, slice, stage } from './lua/forks.js'
import { configure, create, due, forget, remove, tend } from './lua/life.js'
import { log } from './lua/log.js'
import { locate, position, read } from './lua/read.js'

export interface Script {
  readonly name: string
  readonly text: string
  readonly sha: string
}

function script(name: string, ...parts: readonly string[]): Script {
  const text = [base, ...parts].join('')
  return { name, text, sha: createHash('sha1').update(text).digest('hex') }
}

export const scripts = {
  append: script('append', log, append),
  configure: script('configure', log, configure),
  create: script('create', log, create),
  cut: script('cut', log, locate, cut),
  due: script('due', due),
  forget: script('forget', forget),
  install: script('install', log, install),
  position: script('position', position),
  read: script('read', log, locate, read),
  remove: script('remove', remove),
  settle: script('settle', settle),
  slice: script('slice', slice),
  stage: script('stage', log, stage),
  tend: script('tend', log, tend),
} as const
