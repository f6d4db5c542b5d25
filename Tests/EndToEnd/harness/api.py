"""The HTTP API, as a program with nothing but a standard library asks it."""
import asyncio
import http.client
import json

ADDRESS, TOKEN = '127.0.0.1:8088', 'a-token-of-the-tests-own'
SETTINGS = {'CONFAB_API_LISTEN': ADDRESS, 'CONFAB_API_TOKENS': TOKEN}


def _ask(method, path, body, token):
    connection = http.client.HTTPConnection(ADDRESS, timeout=10)
    try:
        headers = {'Authorization': 'Bearer ' + token} if token else {}
        if body is not None:
            headers['Content-Type'] = 'application/json'
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None, response.headers
    finally:
        connection.close()


async def ask(method, path, body=None, token=TOKEN):
    """-> (status, what the document says, headers)"""
    return await asyncio.to_thread(_ask, method, path, body, token)
