"""What the actions of the audit log are called on pages."""

ACTION_WORDS: dict[str, tuple[str, str]] = {
    "account add": ("新增用户", "account added"),
    "account change": ("更改用户", "account changed"),
    "account password": ("更换口令", "password changed"),
    "sign-in": ("登录", "signed in"),
    "sign-in refused": ("登录被拒", "sign-in refused"),
    "sign-out": ("退出", "signed out"),
    "sessions end": ("结束会话", "sessions ended"),
    "token add": ("新建密钥", "key made"),
    "token revoke": ("撤销密钥", "key revoked"),
    "command": ("下达命令", "command"),
}


def action_words(action: str) -> tuple[str, str]:
    """Both words of an action; one that is not named here is called as it is.

    >>> action_words("sign-in")[0], action_words("errand")
    ('登录', ('errand', 'errand'))
    """
    return ACTION_WORDS.get(action, (action, action))
