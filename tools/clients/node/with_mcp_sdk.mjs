// The client of version 1 of the MCP SDK, which takes the code alone.
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { drive } from './mcp.mjs'
import { version } from './told.mjs'

version('@modelcontextprotocol/sdk')
await drive({
  Client,
  Transport: StreamableHTTPClientTransport,
  UnauthorizedError,
  arrive: (transport, said) => transport.finishAuth(said.get('code')),
})
