/** Whiteboard: a board by its path, its tools, and who else draws on it. */
import '../documents/documents.css'
import './whiteboard.css'
import type { YjsProvider } from 'anywire/yjs'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useDocument } from '../documents/document.js'
import { DocumentHeader } from '../documents/header.js'
import { Panel } from '../parts/panel.js'
import { path } from '../shell/router.js'
import { useValue } from '../shell/value.js'
import { Board } from './board.js'
import { Board as BoardOf, type Colour } from './shapes.js'
import { NoteText, type Tool, Tools } from './tools.js'

export default function Whiteboard() {
  const asked = useValue(path).split('/')[2] ?? ''
  const name = /^[\w-]{1,40}$/.test(asked) ? asked : 'lobby'
  const provider = useDocument(`yjs/whiteboard/${name}`)
  return (
    <div class="page">
      <header class="title">
        <h1>Whiteboard</h1>
        <p class="lead">
          Draw, and let somebody draw with you: their strokes grow while they draw them. Undo takes back what you did,
          and nothing of theirs. With the keyboard: Tab goes through the shapes, arrows move one, Delete removes it.
        </p>
      </header>
      <section class="document easel" aria-label={`Board ${name}`}>
        {provider && <Open key={name} name={name} provider={provider} />}
      </section>
      <Panel file="playground/server/whiteboard.ts" load={() => import('../../server/whiteboard.ts?raw')}>
        <p>
          A board is a document of Yjs, <code>yjs/whiteboard/{name}</code>: an array of shapes, each a map, so that one
          moves a shape while another colours it, and both hold. A stroke’s points are an array of its own, appended to
          with each frame.
        </p>
        <p>
          The whole server side of it is <code>hub.yjs('/yjs')</code>, shared with the editor; the file below only draws
          what a new board begins with.
        </p>
      </Panel>
    </div>
  )
}

function Open({ name, provider }: { readonly name: string; readonly provider: YjsProvider }) {
  const board = useMemo(() => new BoardOf(provider.doc), [provider])
  const [shapes, setShapes] = useState(board.shapes)
  const [tool, setTool] = useState<Tool>('stroke')
  const [colour, setColour] = useState<Colour>('blue')
  const [selected, setSelected] = useState<string>()
  useEffect(() => {
    setShapes(board.shapes)
    return board.watch(() => setShapes(board.shapes))
  }, [board])
  const chosen = shapes.find(({ id }) => id === selected)
  return (
    <>
      <DocumentHeader title={name} provider={provider} />
      <Tools board={board} tool={tool} onTool={setTool} colour={colour} onColour={setColour} selected={chosen} />
      <Board
        provider={provider}
        board={board}
        shapes={shapes}
        tool={tool}
        colour={colour}
        selected={selected}
        onSelect={setSelected}
      />
      <NoteText board={board} selected={chosen} />
    </>
  )
}
