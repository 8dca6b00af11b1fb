"""The site's table of contents: (English, Chinese, page from the top of the tree), or a group.

A page that is not named here is in the site all the same: links and the search find it.
"""
NAV = (
    ("Fathom", "Fathom", "README.md"),
    (
        "Tutorial",
        "教程",
        (
            ("Before you begin", "开始之前", "docs/tutorial/README.md"),
            ("1. A program asks", "1. 程序申请内存", "docs/tutorial/1-ask.md"),
            ("2. Across the ring", "2. 跨越 Ring", "docs/tutorial/2-ring.md"),
            ("3. The promise and the page", "3. 承诺与页面", "docs/tutorial/3-touch.md"),
            ("4. The heap between", "4. 中间的堆", "docs/tutorial/4-heap.md"),
            ("5. The other doors", "5. 其他的门", "docs/tutorial/5-doors.md"),
            ("6. Write your own", "6. 写一个自己的", "docs/tutorial/6-own.md"),
        ),
    ),
    (
        "The chain",
        "调用链",
        (
            ("The thirteen rows", "十三行", "docs/chain.md"),
            ("The text it grew from", "源自的文章", "docs/seed.md"),
            ("Then and now", "当年与现在", "docs/then-and-now.md"),
            ("Glossary", "术语表", "docs/glossary.md"),
            ("Reading order", "阅读顺序", "docs/reading-order.md"),
            ("Ours, and Windows'", "Fathom 与 Windows 对照", "docs/nt-map.md"),
            ("Address map", "地址图", "docs/address-map.md"),
        ),
    ),
    (
        "Debugging",
        "调试",
        (
            ("Guided sessions", "有引导的调试课", "docs/debugging/README.md"),
            ("1. From new to the page", "1. 从 new 到页面", "docs/debugging/1-new.md"),
            ("2. One mov", "2. 一条 mov", "docs/debugging/2-touch.md"),
            ("3. Block by block", "3. 逐块", "docs/debugging/3-blocks.md"),
            ("4. A double free", "4. 重复释放", "docs/debugging/4-twice.md"),
            ("5. Two processes", "5. 两个进程", "docs/debugging/5-pair.md"),
            ("6. Backwards", "6. 倒退", "docs/debugging/6-backwards.md"),
            ("WinDbg's commands", "WinDbg 的命令", "docs/debugging/windbg.md"),
            ("Stepping", "单步", "docs/debugging/stepping.md"),
            ("Editors", "编辑器", "docs/debugging/editors.md"),
            ("Several processes", "多个进程", "docs/debugging/processes.md"),
        ),
    ),
    (
        "Seeing",
        "观察",
        (
            ("Commands", "命令", "docs/commands.md"),
            ("The replay page", "回放页面", "docs/replay.md"),
            ("In a browser's tab", "浏览器标签页里的机器", "docs/tab.md"),
            ("Recordings", "记录", "docs/recording.md"),
            ("Tracing", "跟踪", "docs/tracing.md"),
            ("Reports", "报告", "docs/reports.md"),
            ("Events", "事件", "docs/events.md"),
        ),
    ),
    (
        "Heap",
        "堆",
        (
            ("Attacks", "攻击", "docs/attacks.md"),
            ("Cost", "开销", "docs/heap-cost.md"),
            ("Two front ends", "两种前端", "docs/front-ends.md"),
            ("Tests", "测试", "docs/heap-tests.md"),
        ),
    ),
    (
        "More",
        "其他",
        (
            ("All documents", "全部文档", "docs/README.md"),
            ("A lecture of five minutes", "五分钟的一课", "docs/lecture.md"),
            ("Labs", "实验", "labs/README.md"),
            ("Behaviour", "行为", "docs/behaviour.md"),
            ("Where Wine differs", "与 Wine 的差别", "docs/wine-differences.md"),
            ("Layout", "目录结构", "docs/layout.md"),
            ("The host port", "主机端口", "docs/hostport.md"),
            ("Sources", "来源", "docs/sources.md"),
            ("Caveats", "注意事项", "docs/caveats.md"),
            ("Contributing", "参与", "CONTRIBUTING.md"),
            ("Changes", "更新记录", "CHANGELOG.md"),
        ),
    ),
)
