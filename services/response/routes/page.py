"""The page behind a link, in Chinese with English beside: what the message says, and one button. Readable at 390 px, no outside resource."""

import html

from msgspec import Struct

from services.response.presentation import html_parts

_STYLE = (
    "body{margin:0;padding:20px;font:18px/1.6 sans-serif;color:#111;background:#fff;max-width:36em}"
    "h1{font-size:21px;line-height:1.4;margin:0 0 12px}p{margin:10px 0}small{color:#555}"
    "button{width:100%;padding:16px;font-size:20px;border:0;border-radius:8px;background:#1a4f8b;color:#fff}"
    "input{width:100%;box-sizing:border-box;padding:12px;font-size:18px;border:1px solid #888;border-radius:6px}"
    ".done{border-left:8px solid #1d7a3a;padding-left:12px}.no{border-left:8px solid #c00000;padding-left:12px}"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}


class Standing(Struct, frozen=True, kw_only=True):
    """A message as the table holds it now."""

    text_zh: str
    text_en: str
    acknowledged_by: str = ""
    acknowledged_at: str = ""


def question(standing: Standing | None, *, reader: str, is_group: bool, hint: str = "") -> str:
    """The message and the button. Opening it does nothing: programs that check mails open every link."""
    asks = '<p><label>您的姓名 Your name<br><input name="name" required maxlength="40" autocomplete="name"></label></p>'
    note = f'<p class="no">{html.escape(hint)}</p>' if hint else ""
    who = "" if is_group or not reader else f"<p><small>确认人 reader：{html.escape(reader)}</small></p>"
    form = (
        f'<form method="post">{note}{asks if is_group else who}<p><button name="confirm" value="1">确认收到 Acknowledge</button></p></form>'
        "<p><small>确认表示已看到并接手。处置情况请按预案办理。<br>This says that you have seen it and take it on.</small></p>"
    )
    return _page(_message(standing) + form + _english(standing))


def done(standing: Standing | None, by: str, at: str, *, is_repeat: bool) -> str:
    """Who acknowledged it, and when."""
    word_zh, word_en = ("此前已确认", "Acknowledged before") if is_repeat else ("已确认收到", "Acknowledged")
    when = f" {html.escape(at)}" if at else ""
    head = f'<div class="done"><h1>{word_zh} {word_en}</h1><p>{html.escape(by)}{when}</p></div>'
    return _page(head + _message(standing) + _english(standing))


def refusal(title_zh: str, title_en: str, advice_zh: str, advice_en: str) -> str:
    """Why nothing was done, and what to do instead."""
    return _page(
        f'<div class="no"><h1>{title_zh}<br>{title_en}</h1></div><p>{advice_zh}</p><p><small>{advice_en}</small></p>'
    )


def _message(standing: Standing | None) -> str:
    if standing is None:
        return "<p>暂时读不到消息原文，仍可确认。<br><small>The message cannot be read just now; you can acknowledge it all the same.</small></p>"
    head, rows = html_parts(standing.text_zh)
    return f"<h1>{head}</h1>{rows}"


def _english(standing: Standing | None) -> str:
    rows = standing.text_en.splitlines() if standing is not None else []
    return f"<p><small>{'<br>'.join(html.escape(row) for row in rows)}</small></p>" if rows else ""


def _page(body: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>链警 确认 Lianjing</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
