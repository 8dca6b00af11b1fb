/* compile.cpp - a small compiler, for a recording: expressions become trees, trees become code.
 *
 * It allocates as compilers do: many small nodes that live long, strings that live shortly, tables
 * that grow, all of a function's memory freed at its end. */
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct Node {
    char what; // a number, a name or an operator
    std::string text;
    std::vector<std::unique_ptr<Node>> parts;
};
using Tree = std::unique_ptr<Node>;

static unsigned state = 1;
static unsigned below(unsigned limit)
{
    state = state * 1664525u + 1013904223u;
    return static_cast<unsigned>(static_cast<unsigned long long>(state) * limit >> 32);
}

/* The source: an expression of some depth. */
static std::string source(unsigned depth)
{
    if (depth == 0 || below(5) == 0)
        return below(2) ? std::to_string(below(100000))
                        : "variable_of_the_program_" + std::to_string(below(40));
    return "(" + source(depth - 1) + "+-*/"[below(4)] + source(depth - 1) + ")";
}

static Tree parse(const std::string &text, size_t &at)
{
    Tree node(new Node());
    if (text[at] != '(') {
        node->what = text[at] >= '0' && text[at] <= '9' ? 'n' : 'v';
        while (at < text.size() &&
               std::string("()+-*/").find(text[at]) == std::string::npos)
            node->text += text[at++];
        return node;
    }
    node->parts.push_back(parse(text, ++at));
    node->what = text[at];
    node->parts.push_back(parse(text, ++at));
    at++;
    return node;
}

static void generate(const Node &node, std::map<std::string, unsigned> &names,
                     std::vector<std::string> &code)
{
    for (const Tree &part : node.parts)
        generate(*part, names, code);
    if (node.what == 'n')
        code.push_back("push " + node.text);
    else if (node.what == 'v')
        code.push_back(
            "load " +
            std::to_string(names.emplace(node.text, names.size()).first->second));
    else
        code.push_back(std::string("pop two, push the result of ") + node.what);
}

int main()
{
    std::map<std::string, unsigned> names;
    std::vector<std::string> program;
    for (unsigned function = 0; function < 12; function++) {
        const std::string text = source(5);
        size_t at = 0;
        const Tree tree = parse(text, at);
        generate(*tree, names, program);
    }
    std::printf("%u lines, %u names\n", static_cast<unsigned>(program.size()),
                static_cast<unsigned>(names.size()));
    return 0;
}
