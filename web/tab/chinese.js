/* chinese.js - the tab's own sentences in Chinese, beside those of web/replay/chinese.js, whose
 * rules they follow.  The replay page does not carry them. */
export const TAB = {
  /* the page */
  "Fathom in a tab": "标签页里的 Fathom",
  Console: "控制台",
  "Run and stop": "运行与停止",
  Events: "事件",
  events: "事件",
  program: "程序",
  "stop at": "停在",
  run: "运行",
  "or to the first": "或者运行到第一个",
  "run to it": "运行到那里",
  "next \u25b6": "下一个 \u25b6",
  "\u25c0 back": "\u25c0 后退",
  "go on": "继续",
  "boot anew": "重新启动",
  "here again": "回到这里",
  "Your own program": "自己的程序",
  "your own program": "自己的程序",
  "Your own .exe: drop it here, or choose it. The machine boots anew with it.":
    "自己的 .exe：拖到这里，或者选择文件。机器会带着它重新启动。",
  "Fathom boots.": "Fathom 正在启动。",
  "Run a program and stop it: the panes then show its memory at that event.":
    "运行一个程序，让它停下：各个窗格就显示它在那个事件时的内存。",
  "A verdict from a browser is never believed.": "浏览器里的结论从不采信。",
  "Whoever has the page can change it, and in v86 a program of ring 3 reaches the ports.":
    "拿到页面的人都能改动它，而且在 v86 里 Ring 3 的程序可以访问端口。",
  "What tools/fathom says counts.": "只有 tools/fathom 的结论算数。",
  "{} instructions to the first output, {} to the prompt; {} ms here.":
    "到第一个输出用了 {0} 条指令，到提示符用了 {1} 条；在这里用了 {2} 毫秒。",
  "It runs.": "正在运行。",
  "It ended.": "程序结束了。",
  "It ended; there was no such event any more.": "程序结束了，没有再出现这样的事件。",
  "The machine stopped: {}. Boot it anew.": "机器停止了：{0}。请重新启动。",
  "Fathom cannot run here: {}": "Fathom 无法在这里运行：{0}",
  "{} cannot be read. Serve the folder (make web-serve), or open fathom.html from disk.":
    "无法读取 {0}。请用服务器提供这个文件夹（make web-serve），或者直接从磁盘打开 fathom.html。",
  /* where to stop */
  "descent: a commit or a touch": "下降：提交或首次访问",
  "operation of a heap": "堆的操作",
  "event below main": "main 之下的事件",
  "event of any process": "任何进程的事件",
  /* programs that cannot run */
  "{}: the name has to be letters, digits, - or _, and end in .exe.":
    "{0}：名字只能由字母、数字、- 或 _ 组成，并以 .exe 结尾。",
  "{} is the prompt's own name: give yours another.": "{0} 是提示符自己的名字：请换一个名字。",
  "{} is larger than 8 MiB: strip it.": "{0} 大于 8 MiB：请用 strip 去掉符号。",
  "{} is no Windows program: it has no PE header.": "{0} 不是 Windows 程序：它没有 PE 头。",
  "{} is a 64-bit program. Fathom runs 32-bit ones: build it with {}.":
    "{0} 是 64 位程序。Fathom 运行 32 位程序：请用 {1} 编译。",
  "{} is for another processor: its header says {}h.":
    "{0} 是给另一种处理器的：它的文件头写着 {1}h。",
  "{} is a DLL. Drop the program that uses it.": "{0} 是 DLL。请拖入使用它的程序。",
  "{} is damaged: it ends before its sections do.": "{0} 已损坏：文件在各个节结束之前就结束了。",
  "{} needs {}, which Fathom does not have.": "{0} 需要 {1}，Fathom 没有。",
  /* one sentence for each event */
  "the kernel": "内核",
  "process {}": "进程 {0}",
  "{} bytes": "{0} 字节",
  "writes a page it may not": "写入一个不许写的页面",
  "writes a page that is not there": "写入一个还不存在的页面",
  "reads a page it may not": "读取一个不许读的页面",
  "reads a page that is not there": "读取一个还不存在的页面",
  "fetches a page it may not": "执行一个不许执行的页面",
  "fetches a page that is not there": "执行一个还不存在的页面",
  "RtlAllocateHeap gives block {} for {}; served by: {}.":
    "RtlAllocateHeap 为 {1} 给出块 {0}；来自：{2}。",
  "RtlAllocateHeap has no {}.": "RtlAllocateHeap 给不出 {0}。",
  "RtlFreeHeap takes block {} of {} back; goes to: {}.":
    "RtlFreeHeap 收回 {1} 的块 {0}；去向：{2}。",
  "RtlReAllocateHeap makes block {} {}: it is {}; {}.":
    "RtlReAllocateHeap 把块 {0} 变成 {1}：现在是 {2}；{3}。",
  "A heap is made at {}.": "在 {0} 创建了一个堆。",
  "The heap at {} is gone.": "{0} 处的堆被销毁。",
  failed: "失败",
  "front end": "前端",
  "free list": "空闲链表",
  commit: "提交",
  large: "大块",
  "page heap": "页堆",
  "in place": "原地",
  "whole heap": "整个堆",
  user: "用户",
  "page table": "页表",
  kernel: "内核",
  shared: "共享",
  "calls {}: it is in the kernel now.": "调用 {0}：现在进入内核。",
  "is about to leave {} with status {}.": "即将带着状态码 {1} 离开 {0}。",
  "{} {}: {}.": "{0} {1}：{2}。",
  "The fault at {} cannot be resolved: it becomes an exception.":
    "{0} 处的页面错误无法解决：它变成异常。",
  "The page of {} is there: the same instruction runs again.":
    "{0} 的页面已经就绪：同一条指令重新执行。",
  "PageAlloc gives page {} ({}) for {}; {} are free.":
    "PageAlloc 为 {2} 给出页面 {0}（{1}）；还有 {3} 个空闲。",
  "PageAlloc gives page {} ({}); {} are free.": "PageAlloc 给出页面 {0}（{1}）；还有 {2} 个空闲。",
  "PageFree takes page {} back; {} are free.": "PageFree 收回页面 {0}；有 {1} 个空闲。",
  "Addresses {} are reserved.": "地址 {0} 已保留。",
  "The pages of {} are promised; no memory is taken yet.":
    "{0} 的页面已提交；还没有占用物理内存。",
  "The pages of {} are taken back.": "{0} 的页面被收回。",
  "The region {} is released.": "地址区域 {0} 被释放。",
  "The protection of {} changes.": "{0} 的保护属性改变。",
  "A view of {} is mapped at {}.": "{0} 的视图映射到 {1}。",
  "The image at {} is unmapped.": "{0} 处的映像被取消映射。",
  "Process {} begins: {}.": "进程 {0} 开始：{1}。",
  "Process {} ends with {}.": "进程 {0} 结束，退出码 {1}。",
  "Thread {} begins.": "线程 {0} 开始。",
  "Thread {} ends.": "线程 {0} 结束。",
  "A view of a section is mapped at {}.": "一个内存区的视图映射到 {0}。",
  "The view at {} is unmapped.": "{0} 处的视图被取消映射。",
  "The processor goes on with thread {}.": "处理器转到线程 {0}。",
  "The processor is idle.": "处理器空闲。",
  "Exception {} at {} goes to the program.": "{1} 处的异常 {0} 交给程序处理。",
  "{} events were lost.": "丢失了 {0} 个事件。",
};
