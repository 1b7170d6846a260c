import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { BodyTooLargeError } from '../../../src/platform/http/body.ts';
import { MalformedJsonError, readJson } from '../../../src/platform/http/json.ts';
import { FormError, type FormFile, FormLimitError, readForm } from '../../../src/platform/http/multipart.ts';

const LIMITS = { fieldBytes: 100, fileBytes: 100_000, parts: 5 };

describe('request bodies', () => {
  let server: Server;

  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  /** Sends a request and returns what `read` made of it on the other side. */
  async function exchange<T>(send: (port: number) => void, read: (request: IncomingMessage) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      server = createServer((request, response) => {
        read(request).then(resolve, reject);
        request.on('close', () => response.destroy());
        setTimeout(() => response.end(), 100);
      });
      server.listen(0, '127.0.0.1', () => send((server.address() as AddressInfo).port));
    });
  }

  function post(body: string | Buffer, type: string) {
    return (port: number) => {
      const sending = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-type': type } });
      sending.on('error', () => undefined);
      sending.end(body);
    };
  }

  describe('in JSON', () => {
    const json = (body: string | Buffer) =>
      exchange(post(body, 'application/json'), (request) => readJson(request, 1000));

    it('are parsed', async () => {
      expect(await json('{"ä": [1]}')).toEqual({ ä: [1] });
    });

    it('may be empty', async () => {
      expect(await json('')).toBeUndefined();
    });

    it.each(['{', 'nope', '{"a": }'])('are refused as %j', async (body) => {
      await expect(json(body)).rejects.toBeInstanceOf(MalformedJsonError);
    });

    it('are refused when they are not UTF-8', async () => {
      await expect(json(Buffer.from([0x22, 0xff, 0x22]))).rejects.toBeInstanceOf(MalformedJsonError);
    });

    it('are refused when they are too long, announced or not', async () => {
      await expect(json(`"${'x'.repeat(1000)}"`)).rejects.toBeInstanceOf(BodyTooLargeError);
      const chunked = (port: number) => {
        const sending = httpRequest({ port, host: '127.0.0.1', method: 'POST' });
        sending.on('error', () => undefined);
        sending.write('x'.repeat(600));
        sending.end('x'.repeat(600));
      };
      server.close();
      await expect(exchange(chunked, (request) => readJson(request, 1000))).rejects.toBeInstanceOf(BodyTooLargeError);
    });
  });

  describe('as forms', () => {
    const read = (request: IncomingMessage) => readForm(request, { limits: LIMITS, onFile: asText });
    const form = (parts: string[]) => post(multipart(parts), 'multipart/form-data; boundary=cut');

    it('give fields and files in their order', async () => {
      const sent = form([field('b', '1'), file('file', 'ä.iso', 'bytes'), field('a', '2'), field('b', '3')]);
      expect(await exchange(sent, read)).toEqual({
        fields: [
          ['b', '1'],
          ['a', '2'],
          ['b', '3'],
        ],
        files: [['file', 'ä.iso application/octet-stream bytes']],
      });
    });

    it('may be URL-encoded', async () => {
      expect(await exchange(post('a=1&b=%C3%A4+x', 'application/x-www-form-urlencoded'), read)).toEqual({
        fields: [
          ['a', '1'],
          ['b', 'ä x'],
        ],
        files: [],
      });
    });

    it('pass large files through', async () => {
      const size = async ({ body }: FormFile) => (await buffer(body)).length;
      const sent = form([file('file', 'big', 'x'.repeat(90_000))]);
      const { files } = await exchange(sent, (request) => readForm(request, { limits: LIMITS, onFile: size }));
      expect(files).toEqual([['file', 90_000]]);
    });

    it('wait for the consumer, who need not read', async () => {
      let done = false;
      const lazy = async () => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        done = true;
      };
      const sent = form([file('file', 'f', 'x'.repeat(90_000)), field('after', 'x')]);
      const { fields } = await exchange(sent, (request) => readForm(request, { limits: LIMITS, onFile: lazy }));
      expect(done).toBe(true);
      expect(fields).toEqual([['after', 'x']]);
    });

    it.each([
      ['a long field', [field('a', 'x'.repeat(101))]],
      ['many parts', Array.from({ length: 6 }, () => field('a', 'x'))],
      ['a long file', [file('file', 'f', 'x'.repeat(100_001))]],
    ])('are refused with %s', async (_, parts) => {
      await expect(exchange(form(parts), read)).rejects.toBeInstanceOf(FormLimitError);
    });

    it('are refused when they are none', async () => {
      await expect(exchange(post('x', 'text/plain'), read)).rejects.toBeInstanceOf(FormError);
      server.close();
      await expect(exchange(post('--cut\r\n', 'multipart/form-data; boundary=cut'), read)).rejects.toBeInstanceOf(
        FormError,
      );
    });

    it('fail with the error of the consumer', async () => {
      const onFile = async () => {
        throw new RangeError('no room');
      };
      const sent = form([file('file', 'f', 'x'.repeat(90_000))]);
      await expect(exchange(sent, (request) => readForm(request, { limits: LIMITS, onFile }))).rejects.toThrow(
        'no room',
      );
    });

    it('end with the connection, once the consumer has ended', async () => {
      let ended = false;
      const onFile = (part: FormFile) =>
        asText(part).finally(() => {
          ended = true;
        });
      const breakOff = (port: number) => {
        const socket = connect(port, '127.0.0.1');
        const head =
          'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=cut\r\nContent-Length: 9999\r\n\r\n';
        socket.write(`${head}--cut\r\n${file('file', 'f', 'half')}`);
        setTimeout(() => socket.destroy(), 30);
      };
      const broken = exchange(breakOff, (request) => readForm(request, { limits: LIMITS, onFile }));
      await expect(broken).rejects.toBeInstanceOf(FormError);
      expect(ended).toBe(true);
    });
  });
});

async function asText({ filename, mimeType, body }: FormFile): Promise<string> {
  return `${filename} ${mimeType} ${await text(body)}`;
}

function field(name: string, value: string): string {
  return `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
}

function file(name: string, filename: string, value: string): string {
  const disposition = `Content-Disposition: form-data; name="${name}"; filename="${filename}"`;
  return `${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n${value}`;
}

function multipart(parts: string[]): string {
  return `${parts.map((part) => `--cut\r\n${part}\r\n`).join('')}--cut--\r\n`;
}
