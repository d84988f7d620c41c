/** The application's functions over HTTP/1.1. */
import { userFunctionFacts } from './facts.js'

userFunctionFacts()
