"""The words of the figures, in English and in Chinese side by side."""

import re

WORD = re.compile(r"[A-Za-z]{2}")  # what has none is a number, a sign or a formula
CHINESE = {
    # an episode
    "An episode: a few characters become classes, some of their drawings support and others queries": (
        "一个情节：取几个字符作类别，它们的样本一些作支持，一些作查询"
    ),
    "characters": "字符",
    "one person's drawings in each row": "每行是同一个人写的",
    "support set: to adapt on": "支持集：用来适应",
    "query set: to be judged on": "查询集：用来评判",
    "0, 1, 2 are names within this task only": "0、1、2 只在这个任务里是类别的名字",
    # prototypes
    "A prototype is the mean of its class's points; a query belongs to the nearest": (
        "原型是一类各点的平均；查询样本归最近的原型"
    ),
    "a query": "查询样本",
    "filled: a prototype,|the mean of its class's|support points": "实心点：原型，|即该类支持样本|各点的平均",
    "how probable each class is": "各类的概率",
    "softmax of minus|the squared distances": "负的距离平方|再取 softmax",
    # the two loops
    "The outer loop changes the start; the inner loop goes from there to each task": (
        "外循环改变起点；内循环从起点走向每个任务"
    ),
    "outer loop": "外循环",
    "inner loop": "内循环",
    "the start φ": "起点 φ",
    "task 1: steps on its support set": "任务 1：在自己的支持集上走几步",
    "task 2: steps on its support set": "任务 2：在自己的支持集上走几步",
    "task 3: steps on its support set": "任务 3：在自己的支持集上走几步",
    "query|loss": "查询|损失",
    "mean": "平均",
    "gradient of the mean query loss": "平均查询损失的梯度",
    # what a step leaves
    "What a step leaves of a change of the start: the second order counts that, the first order all of it": (
        "起点挪动一点，走一步之后还剩多少：二阶照实算，一阶当作分毫未减"
    ),
    "one step down the slope": "顺坡走一步",
    "another start:|moved by δ": "换个起点：|挪动 δ",
    "second order: (1 − ηa) δ of it is left": "二阶：只剩 (1 − ηa) δ",
    "first order: as if δ were left": "一阶：当作还是 δ",
    # where the outer gradient goes
    "Forward the value passes a stop; backward the gradient does not": "前向时数值照样通过，反向时梯度到此为止",
    "second order": "二阶",
    "first order": "一阶",
    "gradient ∇L_{S}(φ)": "梯度 ∇L_{S}(φ)",
    "query loss": "查询损失",
    "stop: counts as a constant": "截断：当作常数",
    "black: what is computed; red and broken: where the outer gradient goes": (
        "黑线：怎样计算；红色虚线：外层梯度走哪里"
    ),
    # Reptile
    "Reptile: the start moves a part of the way to the mean of where the tasks ended": (
        "Reptile：起点朝各任务终点的平均挪动一段"
    ),
    "each task's own steps": "每个任务各走各的",
    "the next start:|a part of the way": "下一个起点：|只挪一段",
    "the mean of the ends": "终点的平均",
    "no queries, and no gradient that passes through the steps": "不用查询样本，梯度也不必穿过这些步",
    # the three hooks
    "A task embedding can set the start, the steps, or the parameters in use": (
        "任务嵌入可以决定起点、步子，或哪些参数起作用"
    ),
    "task embedding|e_{j}": "任务嵌入|e_{j}",
    "predictions with|α(e_{j}, φ_{k})": "预测，用|α(e_{j}, φ_{k})",
    "init": "init",
    "where the start is": "起点在哪里",
    "update": "update",
    "how long steps are": "每步走多远",
    "modulate": "modulate",
    "which parts take part": "哪些部分参与",
    "Without an embedding these are: a learned start, plain steps, and nothing.": (
        "没有嵌入时，这三处分别是：学来的起点、普通的步子、什么也不做。"
    ),
    # the gradient embedding
    "The head takes steps on the task; what the task pulls at in the body is noted, and added up": (
        "分类头在任务上走几步；每一步，任务想怎样改变主体，都记下来加在一起"
    ),
    "support set": "支持集",
    "body θ|stays as it is": "主体 θ|保持原样",
    "features z": "特征 z",
    "head W_{k}|learns": "分类头 W_{k}|学习",
    "loss L_{k}": "损失 L_{k}",
    "step k = 1, 2, 3": "第 k = 1、2、3 步",
    "how the task would change the body": "这个任务想怎样改变主体",
    "g_{j}: the embedding": "g_{j}：嵌入",
    "length 1": "长度化为 1",
    # Fisher
    "Gradients that disagree cancel in the mean; squared before the mean, they count": (
        "方向不一的梯度一平均就抵消；先平方再平均，就都算数"
    ),
    "gradients of four drawings": "四份样本各自的梯度",
    "mean first,|then the square": "先平均，|再平方",
    "square first,|then the mean: Fisher": "先平方，|再平均：费希尔信息",
    "they disagree: the mean is nothing": "方向不一：平均下来几乎为零",
    "they agree: the mean says so": "方向一致：平均值看得出来",
    "does not matter?": "无关紧要？",
    "matters most": "最要紧",
    # whitening
    "Whitening gives all directions the same weight, so a different point can become the nearest": (
        "白化让各个方向同样算数，于是最近的可能换成另一个点"
    ),
    "raw": "原始",
    "whitened": "白化后",
    "one direction holds most of the variance,|and the nearest point is the one that is near in it": (
        "一个方向占了大部分方差，|在这个方向上离得近，就是最近的点"
    ),
    "every direction counts alike: another one is nearest": "各个方向同样算数：最近的换了一个",
    # regressions in turn
    "A table with holes is factored by regressions in turn: for the rows, then for the columns": (
        "有空缺的表这样分解：轮流作回归，先逐行，再逐列"
    ),
    "1. V stays": "1. V 不动",
    "2. U stays": "2. U 不动",
    "each row of U is a regression|on the scores that this task has": "U 的每一行是一次回归，|只用这个任务已有的评分",
    "each column of V^{T} is a regression|on the scores that this solver has": (
        "V^{T} 的每一列是一次回归，|只用这个求解器已有的评分"
    ),
    "again|and|again": "如此|反复",
    # folding in
    "A table of scores is a product of task factors and solver factors; a new task is folded in": (
        "评分表是任务因子与求解器因子之积；新任务并入其中"
    ),
    "scores R": "评分 R",
    "tasks × solvers": "任务 × 求解器",
    "tasks": "任务",
    "solvers: stays as it is": "求解器：保持不变",
    "a new task: a few scores": "新任务：只有几个评分",
    "ridge regression": "岭回归",
    "its factors u: the embedding": "它的因子 u：嵌入",
    "the rows of solvers|that were asked": "问过的那些|求解器的行",
    # the set encoder
    "A set encoder: each drawing is encoded by itself, the mean makes the code of the set": (
        "集合编码器：每份样本各自编码，取平均就是集合的编码"
    ),
    "encoder": "编码器",
    "the same for every drawing": "每份样本都用同一个",
    "any order,|any number": "不论顺序，|不论个数",
    "code c|of the set": "集合的|编码 c",
    "decoder": "解码器",
    "latent z|of one drawing": "单份样本的|隐变量 z",
    "what they share:|the embedding": "它们的共同之处：|嵌入",
    "a new drawing": "一份新样本",
    # the adversary
    "The adversary: a discriminator tells codes from samples of the prior, until the encoder deceives it": (
        "对手：判别器分辨编码与先验的抽样，直到编码器骗过它"
    ),
    "codes and latents (c, z)": "编码与隐变量 (c, z)",
    "samples of the prior N(0, I)": "先验 N(0, I) 的抽样",
    "discriminator": "判别器",
    "from the encoder,|or from the prior?": "来自编码器，|还是来自先验？",
    "the encoder learns to deceive it": "编码器学着骗过它",
    "if nobody can tell the two apart, the codes are spread like the prior": (
        "谁也分不出这两者时，编码就与先验分布得一样"
    ),
    # FiLM
    "FiLM: the embedding sets a scale and a shift for each channel, shared convolutions stay": (
        "FiLM：嵌入决定每个通道的缩放与平移，共享的卷积不变"
    ),
    "convolution|shared by all tasks": "卷积|所有任务共享",
    "louder": "变强",
    "nearly off": "几乎关掉",
    "shifted up": "整体上移",
    "task embedding e_{j}": "任务嵌入 e_{j}",
    "sets a scale and a shift per channel": "决定每个通道的缩放与平移",
    "channels": "通道",
    # straight-through
    "Straight-through: forward a step, backward the slope of a sigmoid": "直通估计：前向是台阶，反向是 sigmoid 的斜率",
    "score u": "分数 u",
    "forward: a hard choice": "前向：硬选择",
    "off": "关",
    "on": "开",
    "backward: a sigmoid's slope": "反向：sigmoid 的斜率",
    "near the edge: much": "靠近边界：大",
    "far from it: little": "远离边界：小",
    "hard + soft − detach(soft): the value of the first, the gradient of the second": (
        "hard + soft − detach(soft)：数值取前者，梯度取后者"
    ),
    # what is independent
    "An interval counts what is independent: six alphabets, and not sixty characters": (
        "区间只数彼此独立的东西：六种文字系统，而不是六十个字符"
    ),
    "the characters of six alphabets": "六种文字系统的字符",
    "of one alphabet: much alike": "同一种文字系统的，彼此相近",
    "the 95 % interval of their mean": "均值的 95 % 置信区间",
    "sixty characters:|too sure": "按六十个字符算：|过于自信",
    "six alphabets:|what another six may say": "按六种文字系统算：|换六种，多半落在这里",
    # paired differences
    "Hard tasks are hard for both: the difference, task by task, is far more certain than either mean": (
        "难的任务对两边都难：逐个任务相减，差比两个均值都确定得多"
    ),
    "accuracy on twelve tasks": "十二个任务上的准确率",
    "higher is better": "越高越好",
    "their means": "各自的均值",
    "intervals|overlap": "区间|重叠",
    "a: with the embedding": "a：用嵌入",
    "b: its twin": "b：对照学习器",
    "a − b, task by task": "a − b，逐个任务相减",
    "the same tasks, subtracted:|clear of zero": "同样的任务，相减之后：|明显不为零",
    # twin and control
    "Two controls: the twin has no embedding; the control hears another task's": (
        "两种对照：一个没有嵌入，一个听到的是别的任务的嵌入"
    ),
    "its own embedding": "自己的嵌入",
    "another task's embedding": "别的任务的嵌入",
    "no embedding: the twin": "没有嵌入：对照学习器",
    "the same learner|same tasks": "同一个学习器|同样的任务",
    "trained without|same tasks": "训练时就没有嵌入|同样的任务",
    "accuracy": "准确率",
    "is it this embedding|that is used?": "用到的是不是|这个嵌入？",
    "does the whole|construction gain?": "整个方法|有没有增益？",
    "Only both together say that the embedding helps.": "两样都成立，才能说嵌入有用。",
    # worlds
    "Four worlds, ordered by how much it matters to know the task": "四个世界，按知道任务有多要紧排列",
    "which characters": "是哪些字符",
    "nothing": "没有价值",
    "mixed questions": "混合提问",
    "which question of three": "问的是三种中的哪一种",
    "little": "很小",
    "hidden questions": "隐藏提问",
    "which attribute counts": "哪个属性算数",
    "much": "很大",
    "which part counts": "哪一部分算数",
    "which place counts": "哪个位置算数",
    "most": "最大",
    "what it is worth to know the task": "知道任务是什么，有多大价值",
    "sign?": "字符？",
    "script?": "文字？",
    "hand?": "笔迹？",
    "size counts, turn does not": "大小算数，方向不算",
    "only this place counts": "只有这里算数",
    # where an embedding can win
    "Three conditions under which a task embedding can win": "任务嵌入要胜出，须满足三个条件",
    "Do tasks differ in what|a learner should do?": "各任务要学习器做的事|不一样吗？",
    "Does the support set|show in what?": "支持集看得出|哪里不一样吗？",
    "Does the learner find|out by itself?": "学习器自己|就能发现吗？",
    "yes": "是",
    "no": "否",
    "nothing to know|(plain characters)": "没什么要知道的|（普通的字符任务）",
    "nothing to read|(one page of each class)": "读不出什么|（每类只有一页）",
    "no need to be told|(hidden questions)": "不必告诉它|（隐藏提问）",
    "it can win": "可以胜出",
    "start": "起点",
    "waves of two families": "两族波",
    "steps": "步子",
    "features of pages": "页面的特征",
    "attention": "注意力",
    "places of pages": "页面上的位置",
}


def in_language(text: str, language: str) -> str:
    """Return a figure's words in a language. A formula is the same in both. Raises KeyError where one is missing."""
    return text if language == "en" or not WORD.search(text) else CHINESE[text]
