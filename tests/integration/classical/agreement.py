"""Compares the decisions of export_classical with scikit-learn's on the same numbers.

SVM: the same convex problem, so decisions must agree on all but a few samples near a boundary, and decision values to
a small part of their spread. Tree: equally good splits are broken differently, so the whole trees may differ; what must
agree is the decision on most samples, and the balanced accuracy on what both were grown on.
"""
import sys

import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

CLASSES = 5


def read(path):
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    head = 3 + CLASSES
    return rows[:, 0].astype(int), rows[:, 1].astype(int), rows[:, 2].astype(int), rows[:, 3:head], rows[:, head:]


failures = 0


def check(what, value, least):
    global failures
    print(f"{'ok  ' if value >= least else 'FAIL'} {what}: {value:.4f} (at least {least})")
    failures += value < least


train_y, train_tree, train_svm, train_scores, train_x = read(sys.argv[1] + "/train.csv")
test_y, test_tree, test_svm, test_scores, test_x = read(sys.argv[1] + "/test.csv")
print(f"{len(train_y)} training and {len(test_y)} test samples, {train_x.shape[1]} features")

scaler = StandardScaler().fit(train_x)
for name, x, ours, our_scores in (("train", train_x, train_svm, train_scores), ("test", test_x, test_svm, test_scores)):
    theirs = np.column_stack([
        SVC(kernel="linear", C=1, class_weight="balanced", tol=1e-4).fit(scaler.transform(train_x), train_y == k)
        .decision_function(scaler.transform(x)) for k in range(CLASSES)
    ])
    check(f"SVM, {name}: same decisions", np.mean(theirs.argmax(axis=1) == ours), 0.99)
    check(f"SVM, {name}: correlation of decision values",
          min(np.corrcoef(theirs[:, k], our_scores[:, k])[0, 1] for k in range(CLASSES)), 0.999)

tree = DecisionTreeClassifier(class_weight="balanced", max_depth=8, min_samples_split=10, random_state=1)
tree.fit(train_x, train_y)
check("tree, train: same decisions", np.mean(tree.predict(train_x) == train_tree), 0.9)
check("tree, test: same decisions", np.mean(tree.predict(test_x) == test_tree), 0.7)
ours = balanced_accuracy_score(train_y, train_tree)
theirs = balanced_accuracy_score(train_y, tree.predict(train_x))
print(f"tree, train: balanced accuracy ours {ours:.4f}, scikit-learn's {theirs:.4f}")
check("tree, train: 1 - difference of balanced accuracy", 1 - abs(ours - theirs), 0.97)
sys.exit(1 if failures else 0)
