"""What the learned model is measured against: scikit-learn's TF-IDF of words and pairs of words with
LinearSVC, both as they come. Prints the F1 of "visible". Lines of both files are a label, a tab, a text.
"""

import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.svm import LinearSVC


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t", 1) for line in file]
    return [text for _, text in lines], [label == "visible" for label, _ in lines]


learned, learned_labels = read(sys.argv[1])
asked, asked_labels = read(sys.argv[2])
words = TfidfVectorizer(ngram_range=(1, 2))
machine = LinearSVC().fit(words.fit_transform(learned), learned_labels)
print(f1_score(asked_labels, machine.predict(words.transform(asked))))
