/** Editor: the documents, one of them open. */
import '../documents/documents.css'
import './editor.css'
import { useEffect } from 'preact/hooks'
import { useDocument } from '../documents/document.js'
import { DocumentHeader } from '../documents/header.js'
import { Badge } from '../parts/badge.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { useCount } from '../shell/people.js'
import { path } from '../shell/router.js'
import { setTitle } from '../shell/title.js'
import { useValue } from '../shell/value.js'
import { YourName } from '../shell/your-name.js'
import { TextOf } from './text.js'

const documents = ['minutes', 'recipe', 'packing']

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/editor.ts', () => import('../../server/editor.ts?raw')],
  ['Page', 'playground/src/documents/document.ts', () => import('../documents/document.ts?raw')],
  ['React', 'playground/src/editor/react.tsx', () => import('./react.tsx?raw'), () => import('./react.js')],
]

export default function Editor() {
  const asked = useValue(path).split('/')[2] ?? ''
  const name = /^[\w-]{1,40}$/.test(asked) ? asked : documents[0]!
  return (
    <div class="page">
      <header class="title">
        <h1>Editor</h1>
        <p class="lead">
          Open this page in another browser too, and write into the same line. Then cut your network, go on writing, and
          restore it: both texts become one, and nobody’s words are overwritten.
        </p>
      </header>
      <div class="desk">
        <Documents current={name} />
        <Open key={name} name={name} />
      </div>
      <Panel files={files}>
        <p>
          A document is a channel of Yjs updates: <code>yjs/editor/{name}</code>. Who opens it reads the newest of each
          key, which is the document, and everything after; the server merges many small updates into few. What you
          write waits in the outbox like any message, so that it survives a reload without a network.
        </p>
        <p>
          Cursors and names go over <code>awareness/yjs/editor/{name}</code>, a key for each page, forgotten when it is
          silent. How many have a document open, on whichever page, is its roster: the rule has <code>presence</code>.
          Any editor for <code>y-websocket</code> writes in the same documents, at <code>/yjs/editor/{name}</code>.
        </p>
      </Panel>
    </div>
  )
}

function Documents({ current }: { readonly current: string }) {
  const names = documents.includes(current) ? documents : [...documents, current]
  return (
    <div class="index">
      <ul aria-label="Documents">
        {names.map((name) => (
          <DocumentLink key={name} name={name} isCurrent={name === current} />
        ))}
      </ul>
      <YourName />
    </div>
  )
}

function DocumentLink({ name, isCurrent }: { readonly name: string; readonly isCurrent: boolean }) {
  const count = useCount(`yjs/editor/${name}`) ?? 0
  return (
    <li>
      <a href={`/editor/${name}`} aria-current={isCurrent ? 'true' : undefined}>
        {name} {count > 0 && <Badge label={`${count} here`}>{count}</Badge>}
      </a>
    </li>
  )
}

function Open({ name }: { readonly name: string }) {
  const provider = useDocument(`yjs/editor/${name}`)
  useEffect(() => {
    setTitle(`${name} · Editor · Anywire`)
  }, [name])
  return (
    <section class="document" aria-label={`Document ${name}`}>
      {provider && <DocumentHeader title={name} provider={provider} company={documents.find((one) => one === name)} />}
      {provider && <TextOf provider={provider} label={`Text of ${name}`} />}
    </section>
  )
}
