// The client of version 2 of the MCP SDK.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { drive } from './mcp.mjs'
import { version } from './told.mjs'

version('@modelcontextprotocol/client')
await drive({
  Client,
  Transport: StreamableHTTPClientTransport,
  UnauthorizedError,
  arrive: (transport, said) => transport.finishAuth(said),
})
