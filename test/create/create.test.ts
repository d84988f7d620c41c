/** `npm create anywire`: what it asks, what it refuses, and what its templates are made of. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from '../../create-anywire/ask.js'
import { blocksOf, root } from '../docs/blocks.js'

const parts = join(root, 'create-anywire', 'templates')
const manifestIn = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** A new folder that has another one, `used`, in it. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-create-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'used'))
  writeFileSync(join(folder, 'used', 'mine.txt'), '')
  return folder
}

function create(folder: string, ...args: string[]) {
  const file = join(root, 'create-anywire', 'create.js')
  return spawnSync(process.execPath, [file, ...args], { cwd: folder, encoding: 'utf8', input: '' })
}

/** A terminal at which somebody answers each question when it has come. */
function newTerminal() {
  const [input, output] = [new PassThrough(), new PassThrough().setEncoding('utf8')]
  let text = ''
  output.on('data', (chunk) => {
    text += chunk
  })
  const answer = async (question: string, line: string) => {
    await expect.poll(() => text).toContain(question)
    text = ''
    input.write(`${line}\n`)
  }
  return { input, output, answer, shown: () => text }
}

describe('npm create anywire', () => {
  it('refuses a folder that is in use, and leaves it alone', () => {
    const folder = newFolder()
    const { status, stderr } = create(folder, 'used')
    const sentence = 'The folder "used" is in use: it has "mine.txt" in it. Name a new one.'
    expect([status, stderr]).toEqual([1, `error: ${sentence}\n`])
    expect(readdirSync(join(folder, 'used'))).toEqual(['mine.txt'])
  })

  it.each([
    ['no folder', [], 'Name a folder: npm create anywire my-app'],
    [
      'no such template',
      ['x', '--template', 'reakt'],
      'There is no template "reakt": use one of plain, react, vue, express.',
    ],
    ['no such option', ['x', '--tempalte', 'vue'], "Unknown option '--tempalte'. Try --help."],
    ['two folders', ['x', 'y'], '"y" is one name too many: name one folder. Try --help.'],
  ])('says in a sentence what is wrong with %s', (_what, args, sentence) => {
    const folder = newFolder()
    const { status, stderr } = create(folder, ...args)
    expect([status, stderr, existsSync(join(folder, 'x'))]).toEqual([1, `error: ${sentence}\n`, false])
  })

  it('asks until an answer is one', async () => {
    const used = join(newFolder(), 'used')
    const { input, output, answer } = newTerminal()
    const asked = ask({ target: undefined, template: undefined }, { input, output })
    await answer('Folder (my-app): ', used)
    await answer('Name a new one.\nFolder (my-app): ', `${used}/app`)
    await answer('Template (plain): ', 'reakt')
    await answer('There is no template "reakt"', 'react')
    expect(await asked).toEqual({ target: `${used}/app`, template: 'react' })
  })

  it('asks for nothing that is given, and takes an empty answer for the usual one', async () => {
    const { input, output, answer } = newTerminal()
    const asked = ask({ target: 'x', template: undefined }, { input, output })
    await answer('Template (plain): ', '')
    expect(await asked).toEqual({ target: 'x', template: 'plain' })
  })

  it('makes nothing when its terminal goes', async () => {
    const { input, output, shown } = newTerminal()
    const asked = ask({ target: undefined, template: undefined }, { input, output })
    const refused = expect(asked).rejects.toThrow('Nothing is made.')
    await expect.poll(shown).toContain('Folder')
    input.end()
    await refused
  })
})

describe('the templates', () => {
  it('have the composable of the guide', () => {
    const [block] = blocksOf('docs/react.md').filter(({ file }) => file === 'use-channel.js')
    expect(readFileSync(join(parts, 'vue', 'src', 'use-channel.js'), 'utf8')).toBe(block?.code)
  })

  it('have one style sheet', () => {
    const [page, vite] = ['page/public', 'vite'].map((folder) => readFileSync(join(parts, folder, 'style.css'), 'utf8'))
    expect(page).toBe(vite)
  })

  it.each(readdirSync(parts))('ask in %s for the versions that are tested here', (part) => {
    const { dependencies, devDependencies } = manifestIn(join(parts, part))
    const tested = { ...manifestIn(root).devDependencies, ...manifestIn(join(root, 'create-anywire')).devDependencies }
    expect(tested).toMatchObject({ ...dependencies, ...devDependencies })
  })
})
